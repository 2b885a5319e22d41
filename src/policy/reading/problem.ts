/** Something wrong in a policy, and where: `path` leads to the field, `message` completes “this field …”. */
export interface Problem {
  path: readonly (string | number)[];
  message: string;
}
