/** How people write the places that a deploy can go to, auf Deutsch. */
export const FORMS_DE: Readonly<Record<string, string>> = {
  'ldaps://HOST/DN': 'ldaps://HOST/DN',
  '[USER@]HOST:/PATH (rsync over ssh)': '[BENUTZER@]HOST:/PFAD (rsync über ssh)',
  'a folder (file:///PATH)': 'ein Ordner (file:///PFAD)',
};
