/**
 * Node’s HTTP without a namespace of an ES module, which reads every property of it: among them is WebSocket, and reading that
 * loads undici, all of `fetch`. A command would wait longer for it than for Node’s own start.
 */
export const { createServer, request, setGlobalProxyFromEnv } = process.getBuiltinModule('node:http');
