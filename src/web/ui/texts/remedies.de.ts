import type { FailureCode } from '../../../api/failure.ts';

/** What to do about a failure, auf Deutsch: a code without its text does not compile. */
export const REMEDIES_DE: Record<FailureCode, string> = {
  USAGE: 'Rufen Sie den Befehl mit --help auf: er sagt, was er nimmt.',
  INTERRUPTED:
    'Nichts ist halb getan: rufen Sie den Befehl noch einmal auf; was geholt wurde, wird nicht noch einmal geholt.',
  INTERNAL: 'Das ist ein Fehler in Lazaret: melden Sie ihn mit dem Protokoll.',
  ROOT_NEEDED: 'Rufen Sie denselben Befehl als root auf, zum Beispiel mit sudo.',
  FILE_IN_WAY:
    'Nennen Sie einen Ordner, oder eine Stelle, an der einer entstehen kann; oder räumen Sie die Datei aus dem Weg.',
  FILE_EXISTS: 'Wählen Sie einen anderen Namen, oder entfernen Sie zuerst die Datei.',
  FILE_MISSING: 'Prüfen Sie den Pfad.',
  FILE_TOO_LARGE: 'Die Datei ist größer, als dieses Format erlaubt: prüfen Sie, ob es die richtige ist.',
  FILE_INVALID:
    'Nehmen Sie eine gewöhnliche Datei, keinen Ordner, keinen Verweis und kein Gerät; eine beschädigte holen Sie aus einer Sicherung zurück.',
  FILE_DENIED: 'Arbeiten Sie als der Benutzer, dem die Datei gehört, oder ändern Sie ihre Rechte.',
  DISK_FULL: 'Schaffen Sie Platz, und versuchen Sie es noch einmal; nichts ist halb getan.',
  FILE_LIMIT:
    'Nehmen Sie eine Platte mit einem anderen Dateisystem (ext4, exFAT), oder machen Sie Teile mit --volume-size.',
  PROGRAM_MISSING: 'Installieren Sie das genannte Programm; „lazaret doctor“ nennt alle, die nötig sind.',
  PROGRAM_FAILED: 'Die Meldung des Programms sagt warum: beheben Sie das, und versuchen Sie es noch einmal.',
  PROGRAM_TIMEOUT: 'Vielleicht ist der Computer überlastet: versuchen Sie es noch einmal.',
  FETCH_FAILED: 'Prüfen Sie die Adresse und das Netz.',
  FETCH_NAME: 'Prüfen Sie, wie der Name des Servers geschrieben ist, und die DNS-Server dieses Computers.',
  FETCH_TLS:
    'Prüfen Sie die Adresse, die Uhr dieses Computers und das Zertifikat des Servers; dieser Computer muss dessen Aussteller vertrauen.',
  FETCH_PROXY:
    'Schreiben Sie Benutzer und Passwort des Proxys in seine Adresse, lassen Sie ihn diesen Server zulassen, oder nennen Sie den Server in NO_PROXY.',
  FETCH_PAGE:
    'Öffnen Sie auf diesem Computer eine Seite im Browser, und melden Sie sich an, wo das Netz es verlangt; sonst prüfen Sie die Adresse.',
  FETCH_MISSING:
    'Der Server gibt diese Datei nicht heraus: prüfen Sie die Adresse; der IIS von Windows braucht eine MIME-Zuordnung (docs/policy-servers.md).',
  FETCH_TOO_LARGE: 'Der Server hat mehr gesandt als angekündigt: prüfen Sie die Adresse.',
  MEDIA_INVALID: 'Das Archiv, Abbild oder der Ordner ist beschädigt oder kein Paket: kopieren Sie es noch einmal.',
  VOLUME_MISSING:
    'Legen Sie den genannten Teil neben diesen oder an seine Stelle ein, und wiederholen Sie den Vorgang.',
  VOLUME_WRONG: 'Legen Sie dort stattdessen den genannten Teil ein, und wiederholen Sie den Vorgang.',
  PROJECT_EXISTS: 'Wählen Sie einen Ordner, der leer ist oder den es noch nicht gibt.',
  PROJECT_NESTED: 'Wählen Sie einen Ordner außerhalb des genannten Projekts: Kein Projekt liegt in einem anderen.',
  PROJECT_MISSING: 'Nennen Sie den Ordner des Projekts mit -C, oder legen Sie eines mit „lazaret-manager init“ an.',
  PROJECT_INVALID:
    'Berichtigen Sie in der Datei, was genannt ist; „lazaret-manager policy check“ sagt dann, ob alles stimmt.',
  PROJECT_BUSY: 'Ein anderer Befehl arbeitet an diesem Projekt: warten Sie, bis er fertig ist.',
  PROJECT_CHANGED: 'Nichts wurde gespeichert. Sehen Sie an, was jetzt gilt, und machen Sie Ihre Änderung noch einmal.',
  VM_EXISTS: 'Wählen Sie einen anderen Namen, oder entfernen Sie zuerst die Maschine.',
  VM_UNKNOWN: '„lazaret list“ (in einem Projekt: „lazaret-manager vm list“) nennt die Namen.',
  VM_NAME: 'Nehmen Sie 1 bis 40 kleine Buchstaben, Ziffern und innere Bindestriche.',
  VM_FILE_MISSING:
    'Holen Sie die Dateien der Maschine aus einer Sicherung zurück, oder entfernen Sie die Maschine aus dem Projekt.',
  VM_RUNNING: 'Fahren Sie zuerst die Maschine herunter. Sollte sie gestartet werden, ist nichts mehr zu tun.',
  VM_SUSPENDED: 'Setzen Sie die Maschine fort, fahren Sie sie herunter, und wiederholen Sie es.',
  SUSPENDED_UNFIT:
    'Bringen Sie zurück, was sich geändert hat, wie die Meldung es sagt; oder starten Sie sie mit „lazaret start --discard VM“ (in einem Projekt: „lazaret-manager preview --discard VM“) von ihren Platten.',
  SUSPEND_IMPOSSIBLE:
    'Fahren Sie die Maschine stattdessen herunter, mit „lazaret stop VM“ (in einem Projekt: dem Knopf auf ihrer Seite, oder Strg-C, wo sie läuft).',
  VM_NOT_RUNNING: 'Starten Sie zuerst die Maschine. Sollte sie beendet werden, ist nichts mehr zu tun.',
  VM_DISK_FULL: 'Schaffen Sie Platz auf diesem Computer: die Maschine läuft von selbst weiter und hat nichts verloren.',
  VM_STANDS_STILL:
    'Sehen Sie an, was mit der Maschine geschehen ist, schalten Sie sie aus, mit „lazaret stop --force“ (in einem Projekt: dem Knopf auf ihrer Seite, oder Strg-C, wo sie läuft), und starten Sie sie noch einmal.',
  CONSOLE_TAKEN: 'Eine serielle Konsole hat nur einen Benutzer: warten Sie, oder nehmen Sie „lazaret view“.',
  VM_NOT_READY:
    'Sehen Sie auf ihren Bildschirm oder ihre Konsole: vielleicht startet sie noch, wartet auf jemanden, oder ihre Netzkarte ist aus.',
  VM_FAILED:
    'Sehen Sie in das Protokoll: dort steht, was QEMU gesagt hat. Beheben Sie das, und starten Sie die Maschine noch einmal.',
  VM_UNSUPPORTED: 'Ändern Sie die Einstellungen der Maschine, wie die Meldung es sagt.',
  FIRMWARE_MISSING:
    'Installieren Sie die Firmware (Debian und Ubuntu: „ovmf“; Fedora: „edk2-ovmf“), und versuchen Sie es noch einmal.',
  DISK_INVALID:
    'Nehmen Sie ein ganzes Plattenabbild: qcow2, raw, VMDK, VDI, VHDX oder VHD; „qemu-img convert -O qcow2“ macht eines aus den meisten anderen.',
  DISK_CUT:
    'Kopieren Sie das Abbild noch einmal von dort, woher es kam. Ist es doch ganz, schreiben Sie es neu, oder verlängern Sie es mit „qemu-img“.',
  DISK_UNKNOWN: 'Prüfen Sie, ob es die richtige Datei ist; „--disk-format raw“ nimmt sie unverändert, als rohe Platte.',
  DISK_PACKED: 'Entpacken Sie die Datei, wie die Meldung es sagt, und nehmen Sie das Plattenabbild, das darin ist.',
  DISK_ENCRYPTED: 'Nehmen Sie eine Kopie der Platte, die nicht verschlüsselt ist.',
  DISK_IN_USE:
    'Fahren Sie die Maschine herunter, die das Abbild benutzt, oder kopieren Sie es, und versuchen Sie es noch einmal.',
  DISK_UNCLEAN:
    'Fahren Sie die Maschine herunter, die das Abbild benutzt, oder bringen Sie eine Kopie mit „qemu-img check -r all“ in Ordnung.',
  DISK_UNCONFINED:
    'Abbilder werden nur in bubblewrap gelesen: lassen Sie Benutzer Namensräume anlegen, oder arbeiten Sie als root außerhalb eines Containers.',
  SEED_INVALID:
    'Geben Sie eine Datei, wie cloud-init sie liest: Einstellungen hinter „#cloud-config“, oder ein Skript hinter „#!“.',
  IMPORT_INVALID:
    'Bringen Sie in Ordnung, was die Meldung nennt, oder exportieren Sie die Maschine noch einmal aus dem Programm, aus dem sie ist; oder fügen Sie nur ihre Platte hinzu, mit „--disk“.',
  IMPORT_ELSEWHERE:
    'Kopieren Sie die Datei in den Ordner der Beschreibung, und nennen Sie sie dort; oder sagen Sie, welche Platte Sie meinen: „--disk DATEI“.',
  IMPORT_DIGEST:
    'Kopieren Sie die Maschine noch einmal von dort, woher sie kam: sie ist nicht das, wofür ihr Manifest gemacht wurde.',
  IMPORT_UNSUPPORTED:
    'Tun Sie, was die Meldung sagt, in dem Programm, aus dem die Maschine ist, und exportieren Sie sie noch einmal.',
  IMPORT_CONFIRM: 'Lesen Sie, was nicht übernommen wird, und wiederholen Sie den Befehl mit --yes.',
  LOSS_CONFIRM:
    'Nichts wurde geändert. Wiederholen Sie es an einem Terminal, und tippen Sie den verlangten Namen, oder wiederholen Sie es mit --yes.',
  VERSION_EXISTS: 'Wählen Sie einen anderen Namen für die Version.',
  ZONE_UNKNOWN: 'Die Zonen stehen in policy.yaml unter quarantine: zones.',
  DEPLOY_UNKNOWN: '„lazaret-manager deployments list“ nennt die Nummern, und „lazaret-manager ui“ zeigt sie.',
  VERSION_UNKNOWN: '„lazaret-manager nq version list VM“ nennt die Namen.',
  VERSION_BEHIND: 'Führen Sie nq-set der neuesten Version in der Vorschau aus, oder packen Sie ohne --strict.',
  VERSION_NEEDED: 'Verschieben Sie zuerst die Schwelle auf eine andere Version.',
  KEY_PASSPHRASE:
    'Geben Sie die Passphrase an, mit der das Projekt angelegt wurde; ein Wiederherstellungsschlüssel hat seine eigene.',
  KEY_MISSING:
    'Holen Sie den Ordner der Schlüssel aus seiner Sicherung zurück; „lazaret-manager keys rotate“ ersetzt einen verlorenen Schlüssel für Pakete oder Richtlinien.',
  KEY_EXISTS: 'Schlüssel werden nie überschrieben: verschieben Sie zuerst die alte Datei.',
  KEY_INVALID:
    'Holen Sie den Ordner der Schlüssel aus seiner Sicherung zurück; sagt „lazaret-manager keys list“, dass ein Wechsel unterbrochen wurde, wiederholen Sie ihn.',
  KEY_CONFIRM: 'Wiederholen Sie es mit --yes.',
  CLOCK_CONFIRM: 'Stellen Sie die Uhr dieses Computers; geht sie richtig, wiederholen Sie es mit --clock-is-right.',
  CLOCK_SIGNED_AHEAD:
    'Stellen Sie die Uhr dieses Computers; geht sie richtig, rufen Sie „lazaret-manager keys rotate release policy“ auf, verteilen und packen Sie: mit den neuen Schlüsseln finden Computer zurück.',
  TRUST_CONFIRM:
    'Vergleichen Sie den Fingerabdruck mit dem, den Ihre Verwaltung Ihnen genannt hat, und wiederholen Sie es mit ihm.',
  TRUST_FINGERPRINT: 'Das ist nicht das Projekt, das Sie erwarten sollen: fragen Sie Ihre Verwaltung.',
  TRUST_FOREIGN:
    'Ein Computer nimmt Pakete nur eines Projekts: nehmen Sie einen anderen Computer, oder entfernen Sie hier zuerst alles von Lazaret, auch Maschinen und Datenplatten, mit „lazaretd --uninstall“.',
  TRUST_SIGNATURE:
    'Es ist nicht vom Projekt unterschrieben oder wurde geändert: holen Sie es noch einmal von Ihrer Verwaltung.',
  TRUST_ROLLBACK: 'Das ist älter, als dieser Computer es schon kennt: holen Sie das neueste.',
  TRUST_FLOOR: 'Das Projekt erlaubt so Altes nicht mehr: installieren Sie das neueste Paket.',
  TRUST_EXPIRED: 'Bitten Sie Ihre Verwaltung um ein neueres, und prüfen Sie die Uhr dieses Computers.',
  TRUST_DIGEST: 'Die Datei ist beschädigt oder wurde geändert: holen Sie sie noch einmal.',
  TRUST_INVALID:
    'Die unterschriebenen Dateien sind beschädigt: holen Sie das neueste Paket noch einmal, und installieren Sie es.',
  LAYER_INVALID: 'Holen Sie das Paket noch einmal; hilft das nicht, bitten Sie Ihre Verwaltung um ein neueres.',
  LAYER_TRUNCATED: 'Holen Sie das Paket noch einmal; hilft das nicht, bitten Sie Ihre Verwaltung um ein neueres.',
  LAYER_HASH: 'Holen Sie das Paket noch einmal; hilft das nicht, bitten Sie Ihre Verwaltung um ein neueres.',
  LAYER_BASE_MISSING: 'Installieren Sie das vollständige Paket, oder die Updates dazwischen.',
  LAYER_TOO_LARGE:
    'Fügen Sie die Maschine neu hinzu, aus einer Kopie ihrer Platte: eine Platte hat höchstens 8 TiB, eine Maschine höchstens 1000 Stände.',
  PACKAGE_EXISTS: 'Wählen Sie für das Paket einen anderen Namen oder Ordner.',
  PACKAGE_INVALID:
    'Prüfen Sie Pfad oder Adresse: gemeint ist der Ordner, das Archiv oder das Abbild eines Pakets. Stimmt sie, holen Sie es noch einmal.',
  PACKAGE_UNCHANGED: 'Ändern Sie zuerst etwas; „--force“ macht es trotzdem, zum Beispiel für ein späteres Ablaufdatum.',
  PACKAGE_UNWRITTEN:
    'Schaffen Sie Platz, oder nehmen Sie einen anderen Ort, und schreiben Sie es mit „lazaret-manager package export NAME --out DIR“.',
  PACKAGE_LOCKED:
    'Geben Sie an, was Ihr Administrator Ihnen gesagt oder gegeben hat: die Passphrase oder den Schlüssel aus Ihrer Schlüsseldatei.',
  PACKAGE_SECRET:
    'Tippen Sie die Passphrase noch einmal ein, oder geben Sie den Schlüssel von jemandem an, für den das Paket verschlüsselt wurde.',
  LAZARET_MISSING:
    'Bitten Sie Ihre Verwaltung um ein Paket, das mit „--with-lazaret“ für diese Art von Prozessor geschrieben ist, oder installieren Sie das Debian-Paket von Lazaret selbst.',
  LAZARET_FOLDER:
    'Nennen Sie einen Ordner mit Lazarets Debian-Paketen einer Version: lazaret_VERSION_amd64.deb, lazaret_VERSION_arm64.deb oder beide.',
  LAZARET_UNPACKAGED:
    'Bringen Sie Lazaret auf dem Weg auf den neuesten Stand, auf dem es auf diesen Computer kam (npm, ein Checkout); Ihre Maschinen laufen, wie sie liefen.',
  PACKAGE_EMPTY: 'Fügen Sie dem Projekt zuerst eine Maschine hinzu.',
  STATE_DAMAGED:
    'Installieren Sie das neueste Paket noch einmal: es ersetzt, was beschädigt ist, und lässt Datenplatten, wie sie sind.',
  SEAL_BROKEN:
    'Bringen Sie die Datei zurück, wie sie zuletzt war; aus einer Sicherung alle Dateien mit dem Ordner lazaret.seal derselben Sicherung; oder installieren Sie das neueste Paket noch einmal: es macht neu, was geändert wurde, und lässt Datenplatten, wie sie sind.',
  SEAL_KEY_LOST:
    'Holen Sie den Ordner lazaret.seal aus einer Sicherung des Computers zurück, auf dem die Maschine installiert wurde; oder installieren Sie das neueste Paket noch einmal: es versiegelt sie für diesen Computer und lässt Datenplatten, wie sie sind.',
  SYSTEM_DISK_DAMAGED:
    'Fahren Sie die Maschine herunter, und kopieren Sie die Datei. Bringen Sie sie mit „qemu-img check -r all DATEI“ in Ordnung; oder verschieben Sie sie, und installieren Sie das Paket noch einmal: es macht die Systemplatte neu, ohne was darin geändert wurde.',
  DATA_DISK_DAMAGED:
    'Fahren Sie die Maschine herunter, und kopieren Sie die Datei. Legen Sie dann eine Sicherung an ihre Stelle, oder bringen Sie sie mit „qemu-img check -r all DATEI“ in Ordnung.',
  VM_TAKEN:
    'Ein Computer hat nur eine Maschine eines Namens. Lassen Sie root sie für alle installieren: „lazaret uninstall VM“, dann „lazaret install --for all PAKET“.',
  VM_OTHER:
    'Sichern Sie, was Sie aus der Maschine hier brauchen, entfernen Sie sie mit „lazaret uninstall“, und installieren Sie noch einmal.',
  INSTALL_CONFIRM: 'Sichern Sie, was Sie aus den genannten Maschinen brauchen, und wiederholen Sie es mit --yes.',
  HOST_CONFIRM:
    'Lesen Sie mit „lazaret plan“, was dieser Computer nicht mehr erreichen könnte, und wiederholen Sie es mit --accept-host-policy und der genannten Prüfsumme.',
  UNINSTALL_CONFIRM: 'Sichern Sie, was Sie aus den genannten Maschinen brauchen, und wiederholen Sie es mit --yes.',
  UPDATE_ADDRESS:
    'Bitten Sie Ihre Verwaltung um das Paket; „lazaret-manager project set --package-server“ nennt eine Adresse.',
  UPDATE_ROLLED_BACK:
    'Es bleibt, wie es ist, bis es ein neueres Paket gibt; „lazaret update VM“ installiert dieses trotzdem noch einmal.',
  UPDATE_FULL: 'Wiederholen Sie es mit --full, um alles zu holen.',
  ROLLBACK_NONE: 'Installieren Sie das nächste Mal mit --keep-old: nur dann wird das frühere System behalten.',
  POWER_FORBIDDEN:
    'Fahren Sie die Maschine im Gast herunter oder starten Sie sie dort neu; die Verwaltung erlaubt beide Befehle mit der Richtlinie „troubleshooting“.',
  REIMAGE_FORBIDDEN:
    'Die Verwaltung erlaubt es mit der Richtlinie „reimage“, in einem Paket, das die Maschine enthält.',
  REIMAGE_CONFIRM: 'Sichern Sie, was Sie aus der Maschine brauchen, und wiederholen Sie es mit --yes.',
  SNAPSHOT_FORBIDDEN: 'Die Verwaltung erlaubt sie mit der Richtlinie „snapshots“.',
  SNAPSHOT_UNKNOWN:
    '„lazaret snapshot list VM“ (in einem Projekt: „lazaret-manager vm snapshot list VM“) zeigt die Namen.',
  SNAPSHOT_TAKEN:
    'Wählen Sie einen anderen Namen, oder entfernen Sie zuerst jenen: „lazaret snapshot remove“ (in einem Projekt: „lazaret-manager vm snapshot remove“).',
  SNAPSHOT_FULL:
    'Entfernen Sie einen, den Sie nicht mehr brauchen: „lazaret snapshot remove“ (in einem Projekt: „lazaret-manager vm snapshot remove“). Stehen entfernte im Weg, fahren Sie die Maschine herunter und starten Sie sie.',
  SNAPSHOT_ENCRYPTED:
    'Retten Sie, was Sie von ihren Snapshots brauchen, entfernen Sie diese mit `lazaret snapshot remove`, starten Sie die Maschine einmal, und installieren Sie dann noch einmal.',
  SNAPSHOT_UNWRITTEN:
    'Starten Sie die Maschine einmal und fahren Sie sie herunter, oder halten Sie sie an; wiederholen Sie es dann.',
  SNAPSHOT_UPDATING: 'Warten Sie, bis die Installation zu Ende ist, und wiederholen Sie es.',
  SNAPSHOT_CONFIRM:
    'Machen Sie zuerst einen Snapshot oder sichern Sie, was Sie brauchen, und wiederholen Sie es mit --yes.',
  DEVICE_UNKNOWN:
    '„lazaret devices VM“ (in einem Projekt: „lazaret-manager vm device list VM“) zeigt, welche Geräte sie hat.',
  DEVICE_FORBIDDEN:
    'Fragen Sie Ihre Verwaltung: die Richtlinie „devices“ sagt, wer was verbinden darf. „lazaret-manager policy device“ legt sie fest, für die Vorschau von deren nächstem Start an.',
  DEVICE_LOCKED:
    'Hängen Sie die Disc im Gast aus oder werfen Sie sie dort aus, oder wiederholen Sie es mit --force: was er gerade davon liest, misslingt.',
  DEVICE_IMAGE:
    'Nennen Sie ein Abbild, eine einzige Datei: von einer Disc (.iso) oder einem Stick (seine Bytes, in ganzen Sektoren von 512); oder das Laufwerk des Rechners wie /dev/sr0; für eine serielle Schnittstelle eine des Rechners wie /dev/ttyS0; für eine parallele eine Datei oder eine Schnittstelle wie /dev/lp0.',
  DEVICE_IN_USE: 'Lassen Sie die andere Maschine oder das andere Programm damit aufhören, oder nehmen Sie eine Kopie.',
  DEVICE_NONE:
    'Stecken Sie es ein und wiederholen Sie es; welche Geräte dafür in Frage kommen, sagt „lazaret devices VM“ (in einem Projekt: „lazaret-manager vm device list VM“).',
  PRINTER_NONE: 'Richten Sie den Drucker mit CUPS auf diesem Rechner ein; „lpstat -e“ zeigt seine Warteschlangen.',
  PRINTER_SEVERAL:
    'Nennen Sie die gemeinte Warteschlange: „lazaret connect VM GERÄT --queue NAME“ (in einem Projekt: „lazaret-manager vm device connect VM GERÄT --queue NAME“).',
  DEVICE_SEVERAL:
    'Nennen Sie das gemeinte mit seinem Pfad: „lazaret connect VM GERÄT /dev/bus/usb/001/004“ (in einem Projekt: „lazaret-manager vm device connect VM GERÄT /dev/bus/usb/001/004“).',
  CLIPBOARD_FORBIDDEN: 'Die Verwaltung erlaubt es, jede Richtung für sich, mit der Richtlinie „clipboard“.',
  CLIPBOARD_TOO_LARGE:
    'Kopieren Sie weniger auf einmal; wie viel durchgeht, legt die Verwaltung mit der Richtlinie „clipboard“ fest.',
  CLIPBOARD_EMPTY: 'Kopieren Sie zuerst einen Text oder ein Bild in der Maschine.',
  CLIPBOARD_DAMAGED: 'Kopieren Sie es noch einmal, als Text oder als Bild.',
  FILES_FORBIDDEN: 'Die Verwaltung erlaubt es mit der Richtlinie „files“.',
  FILES_TOO_LARGE:
    'Packen Sie sie kleiner oder in Teile; wie groß eine Datei sein darf, legt die Verwaltung mit der Richtlinie „files“ fest.',
  FILES_REFUSED: 'Tun Sie im Gast, was die Meldung verlangt, und senden Sie die Datei noch einmal.',
  SHARE_FORBIDDEN:
    'Teilen Sie ihn mit --read-only, wo das Projekt das Lesen zulässt; mehr erlaubt die Verwaltung mit der Richtlinie „sharedFolder“.',
  SHARE_FOLDER:
    'Nennen Sie den Ordner selbst, nicht über eine Verknüpfung: am besten einen eigenen, der dafür angelegt ist.',
  SHARE_IMPOSSIBLE:
    'Starten Sie die Maschine neu, wenn eine frühere Version sie gestartet hat; bei kompatibler Hardware senden Sie Dateien über das Netz.',
  AGENT_MISSING:
    'Installieren Sie den SPICE-Agenten im Gast (Debian: „apt install spice-vdagent“), oder warten Sie, bis der Schreibtisch seines Benutzers da ist.',
  STORE_UNREACHABLE:
    'Prüfen Sie das Netz und fragen Sie Ihre Administration, ob die Richtlinien unter dieser Adresse liegen; die letzte Richtlinie gilt, bis sie abläuft.',
  STORE_NOT_SAFE:
    'Verzeichnisse werden nur über TLS benutzt, mit einem Zertifikat für den Namen in der Adresse: nennen Sie dessen Aussteller als „ca“.',
  STORE_ACCOUNT:
    'Schreiben Sie „user“ und „password“ des Verzeichnisses in die Kontodatei, und lassen Sie nur ihren Eigentümer daran: „chmod 600“.',
  STORE_LOGIN: 'Prüfen Sie Benutzer und Passwort; vielleicht ist das Konto abgelaufen oder gesperrt.',
  STORE_DENIED:
    'Gewöhnliche Konten lesen Richtlinien, die der Verwaltung schreiben sie: nehmen Sie ein anderes Konto, oder ändern Sie die Rechte.',
  DEPLOY_FAILED:
    'Computer behalten die Richtlinien, die sie haben: beheben Sie, was genannt ist, und verteilen Sie noch einmal.',
  POLICY_INVALID:
    'Berichtigen Sie, was genannt ist, in der Datei oder in den Optionen; „lazaret-manager policy schema“ zeigt, was jede Richtlinie sagen darf.',
  POLICY_NEEDS_MACHINE:
    'Machen Sie ein Paket, das die Maschine enthält: Verschlüsselung und Anmeldung ändern sich nur mit ihr.',
  RECOVERY_KEY_FIXED:
    'Setzen Sie den Wiederherstellungsschlüssel wieder, wie er war: ein anderer braucht ein neues Projekt.',
  RECOVERY_KEY_MISSING:
    'Machen Sie den Wiederherstellungsschlüssel des Projekts mit `lazaret-manager keys recovery`, oder nehmen Sie `encryption.recovery` aus der Richtlinie.',
  ACCOUNT_NEEDED:
    'Geben Sie Ihren Namen und Ihr Kennwort an: `lazaret start` und `lazaret connect` fragen in einem Terminal nach beiden oder nehmen --user und --password-fd.',
  ACCOUNT_UNLISTED:
    'Bitten Sie Ihre Verwaltung, Sie oder eine Gruppe, in der Sie sind, auf die Liste der Maschine zu setzen.',
  ACCOUNT_DISABLED: 'Bitten Sie Ihre Verwaltung, das Konto zu aktivieren, und melden Sie sich dann noch einmal an.',
  ACCOUNT_EXPIRED: 'Bitten Sie Ihre Verwaltung, das Konto zu verlängern, und melden Sie sich dann noch einmal an.',
  ACCOUNT_LOCKED: 'Warten Sie, bis Ihre Domäne das Konto entsperrt, oder bitten Sie Ihre Verwaltung, es jetzt zu tun.',
  ACCOUNT_PASSWORD:
    'Setzen Sie ein neues Kennwort, wo Sie sich bei Ihrer Organisation anmelden, und melden Sie sich dann mit diesem an.',
  ACCOUNT_NOT_NOW:
    'Melden Sie sich an, wenn Ihre Domäne es zulässt, oder bitten Sie Ihre Verwaltung, es zu dieser Zeit und von hier zu erlauben.',
  DOMAIN_UNREACHABLE:
    'Verbinden Sie diesen Computer mit dem Netz Ihrer Organisation, und melden Sie sich dann noch einmal an.',
  DOMAIN_UNSAFE:
    'Die Domäne braucht TLS und ein Zertifikat für den Namen in ihrer Adresse; kennen Computer dessen Aussteller nicht, so nennt ihn `lazaret-manager project set --domain-ca`.',
  DOMAIN_INVALID:
    'Prüfen Sie die Adresse der Domäne mit `lazaret-manager project show`: Sie heißt `ldaps://HOST/DC=…`, und HOST ist ein Domänencontroller.',
  DOMAIN_UNSET: 'Nennen Sie die Domäne: `lazaret-manager project set --domain ldaps://HOST/DC=…`.',
  EXPIRED:
    'Bitten Sie Ihre Verwaltung um mehr Zeit: ein späteres Ende in der Richtlinie der Maschine, verteilt oder in einem Paket. Die Dateien der Maschine bleiben, wie sie sind.',
  MOVED:
    'Bringen Sie die Maschine dorthin zurück, wo sie installiert wurde. Wo das nicht geht, bitten Sie Ihre Verwaltung: ohne Kopierschutz in ihrer Richtlinie läuft sie hier.',
  PASSWORD_UNSET:
    'Wählen Sie ein Kennwort: `lazaret start` fragt danach oder liest es von --password-fd; ebenso `lazaret passwd`.',
  PASSWORD_NEEDED:
    'Geben Sie das Kennwort ein: `lazaret start` fragt in einem Terminal danach oder liest es von --password-fd.',
  PASSWORD_CHANGE:
    'Wählen Sie ein neues: `lazaret start` fragt in einem Terminal danach oder liest es als zweite Zeile von --password-fd.',
  PASSWORD_RULES: 'Wählen Sie ein anderes Kennwort: Die Meldung sagt, was Ihr Administrator verlangt.',
  PASSWORD_WRONG:
    'Geben Sie es noch einmal ein; achten Sie auf die Feststelltaste und die Tastaturbelegung. Nach drei falschen warten Sie jedes Mal länger.',
  PASSWORD_PAUSE:
    'Warten Sie so lange, wie die Meldung sagt, und versuchen Sie es dann noch einmal: Nichts ist für immer gesperrt.',
  PASSWORD_NONE: 'Starten Sie die Maschine: Sie hat kein eigenes Kennwort.',
  PASSWORD_DAMAGED:
    'Holen Sie die Datei `password.json` der Maschine aus einer Sicherung zurück; oder retten Sie durch eine Sicherung ihrer Platten, was Sie brauchen, entfernen Sie die Maschine mit `lazaret uninstall` und installieren Sie sie neu.',
  ADMIN_NONE:
    'Fragen Sie Ihre Verwaltung: „lazaret-manager policy administrator-access“ setzt ein solches Kennwort, und ein Verteilen bringt es hierher.',
  ADMIN_NEEDED:
    'Geben Sie das Kennwort der Verwaltung ein: `lazaret admin` fragt in einem Terminal danach oder liest es von --password-fd.',
  ADMIN_ENCRYPTED:
    'Bitten Sie Ihre Verwaltung um andere Hardware: „lazaret-manager vm set“ und ein Paket mit der Maschine.',
  ADMIN_SUSPENDED:
    'Starten Sie die Maschine, und fahren Sie sie erst herunter; oder booten Sie sie mit „lazaret start --discard VM“: Was nur in ihrem Speicher ist, geht dann verloren.',
  HARDWARE_TOO_MUCH: 'Geben Sie der Maschine nicht mehr, als dieser Computer hat: Die Meldung sagt, wie viel das ist.',
  SCRIPT_DENIED:
    'Fragen Sie Ihre Verwaltung: Ihr Skript lässt Sie die Maschine nicht öffnen. Was es gesagt hat, steht in „lazaret events“.',
  SCRIPT_OTHER:
    'Starten Sie sie dort und so, wie Sie es beim ersten Mal getan haben. Wenn das Skript von jetzt an etwas anderes schreibt, gibt ihm die Verwaltung einen anderen Namen oder andere Argumente, in einem Paket mit der Maschine.',
  SCRIPT_DAMAGED:
    'Holen Sie die Datei `script-output.json` der Maschine aus einer Sicherung zurück; oder retten Sie durch eine Sicherung ihrer Platten, was Sie brauchen, entfernen Sie die Maschine mit `lazaret uninstall` und installieren Sie sie neu.',
  HOT_FIX_OFF:
    'Fragen Sie Ihre Verwaltung: Die Richtlinie `hotFixes` des Projekts sagt, für welche Probleme und von wem eine Soforthilfe erbeten werden darf.',
  HOT_FIX_UNNEEDED:
    'Starten Sie die Maschine. Ist ihr Kennwort verloren, sagen Sie das: `lazaret hot-fix request VM --problem password`.',
  HOT_FIX_NONE:
    'Stellen Sie mit `lazaret hot-fix request` eine neue Anfrage und senden Sie sie: Eine Antwort gilt nur für die letzte Anfrage, einmal und sieben Tage lang.',
  HOT_FIX_INVALID:
    'Prüfen Sie, ob es die richtige Datei ist; wurde sie unterwegs verändert, bitten Sie noch einmal darum.',
  HOT_FIX_SIGNATURE:
    'Bitten Sie Ihre Verwaltung selbst darum. Wurde der Schlüssel des Projekts gewechselt: Starten Sie die Maschine, damit sie ihre Richtlinie abfragt, und stellen Sie eine neue Anfrage.',
  HOT_FIX_WRONG:
    'Lassen Sie sich die Buchstaben noch einmal vorlesen, Gruppe für Gruppe: Der letzte jeder Gruppe prüft sie.',
  HOT_FIX_PAUSE:
    'Warten Sie so lange, wie die Meldung sagt, und versuchen Sie es dann noch einmal: Nichts ist für immer gesperrt.',
  HOT_FIX_FOREIGN: 'Öffnen Sie sie im Ordner des genannten Projekts: `lazaret-manager -C ORDNER hot-fix open DATEI`.',
  HOT_FIX_OLD: 'Bitten Sie den Benutzer um eine neue Anfrage: Sein Computer nimmt auf diese keine Antwort mehr.',
  HOT_FIX_CONFIRM: 'Sehen Sie sich an, was getan würde, und wiederholen Sie den Befehl mit --yes.',
  KEY_DAMAGED:
    'Holen Sie die genannte Datei aus einer Sicherung zurück, oder bitten Sie um Soforthilfe, wo Ihre Organisation einen Wiederherstellungsschlüssel hat. Ohne beides liest niemand, was sie öffnet: Entfernen Sie die Maschine mit `lazaret uninstall` und installieren Sie sie neu.',
  QUARANTINE_REFUSED:
    'Die Meldung sagt warum; was die Verwaltung verteilt, kann es ändern, und ein Richtlinienserver, der wieder antwortet, auch.',
  PLUGIN_MISSING:
    'Legen Sie das Skript in resources/ des Projekts, und bringen Sie es mit einem vollständigen, einem Update- oder eigenen Paket.',
  PLUGIN_CHANGED:
    'Jemand hat auf diesem Computer die Dateien des Plug-ins geändert: installieren Sie das Paket noch einmal.',
  PLUGIN_NO_PROGRAM:
    'Beginnen Sie das Skript mit „#!“ und einem Interpreter, den die Computer der Benutzer haben, oder nehmen Sie ein Programm für ihren Prozessor.',
  PLUGIN_LATE: 'Machen Sie das Plug-in schneller, oder geben Sie ihm mehr Zeit mit „timeout“ in „script“.',
  PLUGIN_FAILED:
    'Beheben Sie es im Plug-in: was es als Fehler geschrieben hat, steht in „lazaret events“ (in einem Projekt: „events.jsonl“ der Maschine).',
  PLUGIN_OUTPUT:
    'Das Plug-in darf nur schreiben, was seine Richtlinie nimmt (YES, NO oder REJECT; eine Verlängerung: eine Zahl; ein Gerät: TRUE oder FALSE; beim Öffnen einer Maschine: 1 bis 4096 Byte), und endet mit Status 0.',
  PLUGIN_UNCONFINED: 'Plug-ins laufen nur in bubblewrap: „lazaret doctor“ sagt, was diesem Computer dafür fehlt.',
  FILTER_FAILED:
    'Der Paketfilter hat die Regeln nicht genommen, also bleibt die Maschine zu: rufen Sie „lazaret doctor“ auf.',
  HOST_FILTER_FAILED:
    'Der Paketfilter hat die Regeln für den Computer selbst nicht genommen; die vorigen bleiben in Kraft: rufen Sie „lazaret doctor“ auf.',
  SUBNETS_TAKEN:
    'Nehmen Sie eine der genannten Routen oder Adressen von diesem Computer („ip route show table all“), und starten Sie die Maschine noch einmal.',
  NETWORK_FAILED: 'Rufen Sie „lazaret doctor“ als root auf, und beheben Sie, was er nennt.',
  COMPUTER_UNREADY:
    'Tun Sie, was neben jeder Zeile mit NOT OK steht; „lazaret doctor --fix“, als root, tut, was ein Befehl tun kann.',
  DAEMON_UNREACHABLE: 'Starten Sie den Dienst: „lazaretd“ als root.',
  DAEMON_HANGS_UP:
    'Er nimmt nicht mehr Verbindungen an, als er schon hat: beenden Sie Befehle und Seiten, die Maschinen verfolgen oder zeigen, und wiederholen Sie es.',
  ROOTLESS_UNAVAILABLE:
    'Verbinden Sie diesen Computer mit einem Netz, installieren Sie passt und uidmap, lassen Sie Benutzer /dev/net/tun öffnen und Namensräume anlegen, oder betreiben Sie den Dienst als root.',
  DAEMON_BUSY: 'Ein anderer Dienst von Lazaret arbeitet an diesem Ordner: halten Sie zuerst ihn an.',
  DAEMON_DENIED:
    'Arbeiten Sie als root, oder lassen Sie sich von root mit „usermod -aG lazaret BENUTZER“ in die Gruppe aufnehmen, und melden Sie sich neu an. Wo es die Gruppe nicht gibt, legt root sie zuerst mit „groupadd --system lazaret“ an und startet den Dienst neu.',
  PAGE_DENIED: 'Öffnen Sie die Seite neu: „lazaret open“ (in einem Projekt: „lazaret-manager ui“).',
  PORT_IN_USE: 'Wählen Sie einen anderen Port oder Socket.',
  TASK_UNKNOWN: 'Beginnen Sie neu: Aufgaben enden mit dem Prozess der Seite, und nur die letzten werden behalten.',
  UPLOAD_CUT: 'Nichts davon wird behalten: wählen Sie die Datei noch einmal, und lassen Sie die Seite offen.',
  TASKS_FULL: 'Warten Sie, bis eine davon fertig ist, oder brechen Sie eine ab.',
};
