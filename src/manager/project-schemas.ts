import { z } from 'zod';
import { MachinePolicy } from '../policy/schema.ts';
import { ProjectFile, VmFile } from '../project/schema.ts';

/** The JSON Schemas of the project’s files, by their names: what editors check while one types. */
export function projectSchemas() {
  return { 'lazaret.yaml': schemaOf(ProjectFile), 'vm.yaml': schemaOf(VmFile), 'policy.yaml': schemaOf(MachinePolicy) };
}

function schemaOf(schema: z.ZodType) {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: keepDefault });
}

/** zod leaves out the default of whatever has a list of entries in it, because these are read into something else. */
function keepDefault({
  zodSchema: { _zod },
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: { default?: unknown };
}): void {
  if (_zod.def.type === 'default') jsonSchema.default = _zod.def.defaultValue;
}
