import { catalogue } from '../../ui/texts/texts.ts';

/** A machine’s hardware. */
export const hardware = catalogue({
  en: {
    title: (vm: string) => `Hardware of ${vm}`,
    memory: 'Memory',
    cpus: 'Processors',
    firmware: 'Starts by',
    direct: 'its kernel, without firmware',
    directHelp: 'A machine that starts its kernel cannot change its firmware: add it anew.',
    tpm: 'TPM 2.0',
    tpmHelp:
      'Windows 11 wants one. Your copy has one of its own, and each installation gets a new one: nothing that users need may be sealed by it.',
    secureBoot: 'Secure Boot',
    secureBootHelp: 'With UEFI: it starts only what is signed by Microsoft’s keys.',
    holds: 'Users get new hardware with the next package that has the machine.',
    changedMeanwhile: 'Somebody else has changed this hardware meanwhile.',
    save: 'Save',
    discard: 'Discard',
    saved: 'Saved. Users get it with the next package that has the machine.',
    toPackages: 'To the packages',
  },
  de: {
    title: (vm) => `Hardware von ${vm}`,
    memory: 'Speicher',
    cpus: 'Prozessoren',
    firmware: 'Startet mit',
    direct: 'ihrem Kernel, ohne Firmware',
    directHelp: 'Eine Maschine, die ihren Kernel startet, kann ihre Firmware nicht ändern: Fügen Sie sie neu hinzu.',
    tpm: 'TPM 2.0',
    tpmHelp:
      'Windows 11 will eines. Ihre Kopie hat ein eigenes, und jede Installation bekommt ein neues: Nichts, was Benutzer brauchen, darf damit versiegelt sein.',
    secureBoot: 'Secure Boot',
    secureBootHelp: 'Mit UEFI: sie startet nur, was mit Microsofts Schlüsseln signiert ist.',
    holds: 'Benutzer bekommen neue Hardware mit dem nächsten Paket, das die Maschine enthält.',
    changedMeanwhile: 'Jemand anders hat diese Hardware inzwischen geändert.',
    save: 'Speichern',
    discard: 'Verwerfen',
    saved: 'Gespeichert. Benutzer bekommen sie mit dem nächsten Paket, das die Maschine enthält.',
    toPackages: 'Zu den Paketen',
  },
});
