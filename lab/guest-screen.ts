import type { Page, WebSocketRoute } from 'playwright-core';

const [WIDTH, HEIGHT] = [800, 600];
const NAME = 'office';
/** What each message of a new viewer is answered with (RFB 3.8, RFC 6143 §7); whatever it says later, nothing changes on the screen. */
const ANSWERS = [securityTypes, securityResult, serverInit];

/** noVNC looks for these on the class of a socket itself; a routed one has them further up. */
const OWN_PROPERTIES = `globalThis.WebSocket = class extends WebSocket {};
for (const name of ['send', 'close', 'binaryType', 'onerror', 'onmessage', 'onopen', 'protocol', 'readyState']) {
  const { prototype } = WebSocket;
  const above = Object.getPrototypeOf(prototype);
  const get = function () { return Reflect.get(above, name, this); };
  const set = function (value) { Reflect.set(above, name, value, this); };
  if (name in above) Object.defineProperty(prototype, name, { get, set });
}`;

/**
 * Shows a screen in the console of the page where no machine runs: a guest that waits for its user. Gives the keysyms of the keys that
 * are pressed there, as they come.
 */
export async function drawGuest(page: Page): Promise<number[]> {
  const pressed: number[] = [];
  await page.routeWebSocket(/\/console$/, (socket) => answer(socket, pressed));
  await page.addInitScript(OWN_PROPERTIES);
  return pressed;
}

function answer(socket: WebSocketRoute, pressed: number[]): void {
  let heard = 0;
  socket.onMessage((message) => {
    const next = ANSWERS[heard];
    heard += 1;
    if (next) socket.send(next());
    // A viewer says how it wants pictures, then asks for one.
    else if (heard === ANSWERS.length + 1) socket.send(picture());
    else pressed.push(...keysIn(Buffer.from(message)));
  });
  socket.send(Buffer.from('RFB 003.008\n'));
}

/** How long each message of a viewer is, by its type: pixel format, wanted picture, key, pointer. Those of other lengths come before them. */
const LENGTHS: Record<number, number> = { 0: 20, 3: 10, 4: 8, 5: 6 };
const KEY = 4;

/** The keys that are pressed, not those that are let go. */
function keysIn(bytes: Buffer): number[] {
  const [type] = bytes;
  const length = type === undefined ? undefined : LENGTHS[type];
  if (length === undefined) return [];
  const isPressed = type === KEY && bytes[1] === 1;
  return [...(isPressed ? [bytes.readUInt32BE(4)] : []), ...keysIn(bytes.subarray(length))];
}

function securityTypes(): Buffer {
  return Buffer.from([1, 1]);
}

function securityResult(): Buffer {
  return Buffer.alloc(4);
}

/** Its size, 32 bits a pixel as red, green, blue from the lowest byte on, and its name. */
function serverInit(): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt16BE(WIDTH, 0);
  head.writeUInt16BE(HEIGHT, 2);
  head.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16], 4);
  head.writeUInt32BE(NAME.length, 20);
  return Buffer.concat([head, Buffer.from(NAME)]);
}

/** One update with one rectangle, raw. */
function picture(): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt16BE(1, 2);
  head.writeUInt16BE(WIDTH, 8);
  head.writeUInt16BE(HEIGHT, 10);
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y += 1)
    for (let x = 0; x < WIDTH; x += 1) pixels.writeUInt32LE(colourAt(x, y), (y * WIDTH + x) * 4);
  return Buffer.concat([head, pixels]);
}

/** A desktop with a panel, and a form in its middle with two fields and a button. */
function colourAt(x: number, y: number): number {
  const isIn = (left: number, top: number, width: number, height: number) =>
    x >= left && x < left + width && y >= top && y < top + height;
  if (isIn(0, 0, WIDTH, 28)) return 0x3a2a1f;
  if (isIn(320, 360, 160, 36)) return 0xc77d22;
  if (isIn(300, 250, 200, 32) || isIn(300, 300, 200, 32)) return 0xffffff;
  if (isIn(360, 170, 80, 60)) return 0xb8a89c;
  if (isIn(260, 140, 280, 290)) return 0xefeae6;
  return 0x6b4f38;
}
