import { catalogue } from '../../ui/texts/texts.ts';

/** The project’s settings. */
export const settings = catalogue({
  en: {
    title: 'Project settings',
    name: 'Name',
    nameHelp: 'Users see it. What the project is to their computers stays the same: its fingerprint.',
    policyServer: 'Policy server',
    policyServerHelp:
      'Where computers look policies up: the address of published/policies. Empty: policies come with packages alone.',
    packageServer: 'Package server',
    packageServerHelp:
      'Where “lazaret update” fetches packages: the address of published/packages. Empty: users get packages from you.',
    domain: 'Domain',
    domainHelp:
      'Whose accounts open machines whose policy asks for users and groups: the address of its directory, with TLS. Empty: none.',
    domainCa: 'Certificates for the domain',
    domainCaHelp: 'In PEM, of who vouches for its directory. Empty: whom users’ computers trust anyway.',
    holds: 'Users’ computers learn of a change with the next package.',
    changedMeanwhile: 'Somebody else has changed these settings meanwhile.',
    save: 'Save',
    discard: 'Discard',
    saved: 'Saved. Users’ computers learn of it with the next package.',
    toPackages: 'To the packages',
  },
  de: {
    title: 'Projekteinstellungen',
    name: 'Name',
    nameHelp: 'Benutzer sehen ihn. Was das Projekt für ihre Computer ist, bleibt gleich: sein Fingerabdruck.',
    policyServer: 'Richtlinienserver',
    policyServerHelp:
      'Wo Computer Richtlinien nachschlagen: die Adresse von published/policies. Leer: Richtlinien kommen nur mit Paketen.',
    packageServer: 'Paketserver',
    packageServerHelp:
      'Wo „lazaret update“ Pakete holt: die Adresse von published/packages. Leer: Benutzer bekommen Pakete von Ihnen.',
    domain: 'Domäne',
    domainHelp:
      'Wessen Konten Maschinen öffnen, deren Richtlinie nach Benutzern und Gruppen fragt: die Adresse ihres Verzeichnisses, mit TLS. Leer: keine.',
    domainCa: 'Zertifikate für die Domäne',
    domainCaHelp:
      'Als PEM, von dem, der für ihr Verzeichnis bürgt. Leer: wem die Computer der Benutzer ohnehin trauen.',
    holds: 'Die Computer der Benutzer erfahren eine Änderung mit dem nächsten Paket.',
    changedMeanwhile: 'Jemand anders hat diese Einstellungen inzwischen geändert.',
    save: 'Speichern',
    discard: 'Verwerfen',
    saved: 'Gespeichert. Die Computer der Benutzer erfahren es mit dem nächsten Paket.',
    toPackages: 'Zu den Paketen',
  },
});
