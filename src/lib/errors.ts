import { causesOf, withoutSecrets } from './causes.ts';
import { ownCommand, type Speaker } from './own-command.ts';

/**
 * Every failure a user may see: the command line's exit status (sysexits.h), the HTTP status, one line of advice.
 * The codes are public and documented in docs/errors.md; texts may change any day.
 */
export const ERRORS = {
  USAGE: { exit: 64, http: 400, hint: 'Run the command with --help to see what it takes.' },
  INTERRUPTED: {
    exit: 75,
    http: 503,
    hint: 'Nothing is half done: run the command again; what was fetched is not fetched again.',
  },
  INTERNAL: { exit: 70, http: 500, hint: 'This is a bug in Lazaret: report it with the log.' },

  ROOT_NEEDED: { exit: 77, http: 403, hint: 'Run the same command as root, for instance with sudo.' },

  FILE_EXISTS: { exit: 73, http: 409, hint: 'Choose another name, or remove the file first.' },
  FILE_IN_WAY: {
    exit: 73,
    http: 409,
    hint: 'Name a folder, or a place where one can be made; or move the file that is in the way.',
  },
  FILE_MISSING: { exit: 66, http: 404, hint: 'Check the path.' },
  FILE_TOO_LARGE: {
    exit: 65,
    http: 413,
    hint: 'The file is larger than this format allows: check that it is the right one.',
  },
  FILE_INVALID: {
    exit: 65,
    http: 422,
    hint: 'Give an ordinary file instead, no folder, link or device; bring a damaged one back from a backup.',
  },
  FILE_DENIED: { exit: 77, http: 403, hint: 'Run as the user who owns the file, or change its permissions.' },
  DISK_FULL: { exit: 73, http: 507, hint: 'Free some space and try again; nothing is half done.' },
  FILE_LIMIT: {
    exit: 73,
    http: 507,
    hint: 'Take a disk with another file system (ext4, exFAT), or make volumes with --volume-size.',
  },

  PROGRAM_MISSING: {
    exit: 69,
    http: 503,
    hint: 'Install the program that is named; `lazaret doctor` lists all that are needed.',
  },
  PROGRAM_FAILED: { exit: 70, http: 500, hint: 'The program’s own message says why: mend that, and try again.' },
  PROGRAM_TIMEOUT: { exit: 75, http: 504, hint: 'The computer may be overloaded: try again.' },

  FETCH_FAILED: { exit: 69, http: 502, hint: 'Check the address and the network.' },
  FETCH_NAME: { exit: 69, http: 502, hint: 'Check how the server’s name is written, and this computer’s DNS servers.' },
  FETCH_TLS: {
    exit: 76,
    http: 502,
    hint: 'Check the address, this computer’s clock and the server’s certificate; its issuer must be one that this computer trusts.',
  },
  FETCH_PROXY: {
    exit: 69,
    http: 502,
    hint: 'Write the proxy’s user and password into its address, have it let this server through, or name the server in NO_PROXY.',
  },
  FETCH_PAGE: {
    exit: 69,
    http: 502,
    hint: 'Open a page in a browser on this computer, and log in where the network asks for it; else check the address.',
  },
  FETCH_MISSING: {
    exit: 66,
    http: 404,
    hint: 'The server does not hand this file out: check the address; Windows’ IIS needs a mime map (docs/policy-servers.md).',
  },
  FETCH_TOO_LARGE: { exit: 65, http: 413, hint: 'The server sent more than was announced: check the address.' },
  MEDIA_INVALID: { exit: 65, http: 422, hint: 'The archive, image or folder is damaged or no package: copy it again.' },
  VOLUME_MISSING: {
    exit: 66,
    http: 409,
    hint: 'Put the volume that is named beside this one, or in its place, and repeat.',
  },
  VOLUME_WRONG: { exit: 65, http: 409, hint: 'Put the volume that is named there instead, and repeat.' },

  PROJECT_EXISTS: { exit: 73, http: 409, hint: 'Choose a folder that is empty or does not exist.' },
  PROJECT_NESTED: {
    exit: 73,
    http: 409,
    hint: 'Choose a folder outside of the project that is named: no project lies in another one.',
  },
  PROJECT_MISSING: {
    exit: 66,
    http: 404,
    hint: 'Name the project’s folder with -C, or make one with `lazaret-manager init`.',
  },
  PROJECT_INVALID: {
    exit: 65,
    http: 422,
    hint: 'Correct what is named in the file; `lazaret-manager policy check` then says whether all is right.',
  },
  PROJECT_BUSY: { exit: 75, http: 409, hint: 'Another command works on this project: wait for it to end.' },
  PROJECT_CHANGED: {
    exit: 75,
    http: 409,
    hint: 'Nothing was saved. Look at what it is now, then make your change again.',
  },
  VM_EXISTS: { exit: 73, http: 409, hint: 'Choose another name, or remove the machine first.' },
  VM_UNKNOWN: {
    exit: 66,
    http: 404,
    hint: 'Run `lazaret list` (in a project: `lazaret-manager vm list`) to see the names.',
  },
  VM_NAME: { exit: 64, http: 400, hint: 'Use 1 to 40 small letters, digits and inner hyphens.' },
  VM_FILE_MISSING: {
    exit: 66,
    http: 409,
    hint: 'Restore the machine’s files from a backup, or remove the machine from the project.',
  },
  VM_RUNNING: {
    exit: 75,
    http: 409,
    hint: 'Shut the machine down first. Where it was to be started, nothing is left to do.',
  },
  VM_SUSPENDED: { exit: 75, http: 409, hint: 'Resume the machine and shut it down, then repeat.' },
  SUSPENDED_UNFIT: {
    exit: 75,
    http: 409,
    hint: 'Bring back what has changed, as the message says; or start it with `lazaret start --discard VM` (in a project: `lazaret-manager preview --discard VM`), which boots it from its disks.',
  },
  SUSPEND_IMPOSSIBLE: {
    exit: 69,
    http: 409,
    hint: 'Shut the machine down instead, with `lazaret stop VM` (in a project: the button on its page, or Ctrl-C where it runs).',
  },
  VM_NOT_RUNNING: {
    exit: 69,
    http: 409,
    hint: 'Start the machine first. Where it was to be stopped, nothing is left to do.',
  },
  VM_DISK_FULL: {
    exit: 73,
    http: 507,
    hint: 'Free some space on this computer: the machine goes on by itself, and has lost nothing.',
  },
  VM_STANDS_STILL: {
    exit: 70,
    http: 500,
    hint: 'Look at the events of the machine, power it off with `lazaret stop --force` (in a project: the button on its page, or Ctrl-C where it runs), and start it again.',
  },
  CONSOLE_TAKEN: { exit: 75, http: 409, hint: 'A serial console has one user at a time: wait, or use `lazaret view`.' },
  VM_NOT_READY: {
    exit: 75,
    http: 504,
    hint: 'Look at its screen or console: it may still be booting, wait for somebody, or have a network card that is off.',
  },
  VM_FAILED: {
    exit: 70,
    http: 500,
    hint: 'Look into the log: it has what QEMU said. Mend that, then start the machine again.',
  },
  VM_UNSUPPORTED: { exit: 78, http: 422, hint: 'Change the machine’s settings as the message says.' },
  FIRMWARE_MISSING: {
    exit: 69,
    http: 409,
    hint: 'Install the firmware (Debian and Ubuntu: `ovmf`; Fedora: `edk2-ovmf`), then try again.',
  },
  DISK_INVALID: {
    exit: 65,
    http: 422,
    hint: 'Give one whole disk image: qcow2, raw, VMDK, VDI, VHDX or VHD; `qemu-img convert -O qcow2` makes one of most others.',
  },
  DISK_CUT: {
    exit: 65,
    http: 422,
    hint: 'Copy the image again from where it came. Where it is whole all the same, write it anew or lengthen it with `qemu-img`.',
  },
  DISK_UNKNOWN: {
    exit: 65,
    http: 422,
    hint: 'Check that this is the right file; `--disk-format raw` adds it unchanged, as a raw disk.',
  },
  DISK_PACKED: {
    exit: 65,
    http: 422,
    hint: 'Unpack the file as the message says, and add the disk image that is in it.',
  },
  DISK_ENCRYPTED: { exit: 65, http: 422, hint: 'Add a copy of the disk that is not encrypted.' },
  DISK_IN_USE: { exit: 75, http: 409, hint: 'Shut down the machine that uses the image, or copy it, then try again.' },
  DISK_UNCLEAN: {
    exit: 65,
    http: 409,
    hint: 'Shut down the machine that uses the image, or bring it up to date with `qemu-img check -r all` on a copy.',
  },
  DISK_UNCONFINED: {
    exit: 71,
    http: 500,
    hint: 'Images are read only in bubblewrap: let users make namespaces, or run as root outside of a container.',
  },
  SEED_INVALID: {
    exit: 65,
    http: 422,
    hint: 'Give a file as cloud-init reads it: settings behind “#cloud-config”, or a script behind “#!”.',
  },
  IMPORT_INVALID: {
    exit: 65,
    http: 422,
    hint: 'Mend what the message names, or export the machine again from the program that it is from; or add its disk alone, with `--disk`.',
  },
  IMPORT_ELSEWHERE: {
    exit: 65,
    http: 422,
    hint: 'Copy the file into the folder of the description and name it there; or say which disk you mean: `--disk FILE`.',
  },
  IMPORT_DIGEST: {
    exit: 65,
    http: 422,
    hint: 'Copy the machine again from where it came: it is not what its manifest was made for.',
  },
  IMPORT_UNSUPPORTED: {
    exit: 65,
    http: 422,
    hint: 'Do what the message says in the program that the machine is from, and export it again.',
  },
  IMPORT_CONFIRM: {
    exit: 77,
    http: 409,
    hint: 'Read what is not carried over, then repeat the command with --yes.',
  },

  LOSS_CONFIRM: {
    exit: 75,
    http: 409,
    hint: 'Nothing was changed. Repeat at a terminal and type the name that is asked for, or repeat with --yes.',
  },

  VERSION_EXISTS: { exit: 73, http: 409, hint: 'Choose another name for the version.' },
  ZONE_UNKNOWN: { exit: 66, http: 404, hint: 'The zones stand in policy.yaml, below quarantine: zones.' },
  DEPLOY_UNKNOWN: { exit: 66, http: 404, hint: 'See the numbers: lazaret-manager deployments list.' },
  VERSION_UNKNOWN: { exit: 66, http: 404, hint: 'Run `lazaret-manager nq version list VM` to see the names.' },
  VERSION_BEHIND: {
    exit: 65,
    http: 409,
    hint: 'Run the newest version’s nq-set in preview, or package without --strict.',
  },
  VERSION_NEEDED: { exit: 65, http: 409, hint: 'Move the threshold to another version first.' },

  KEY_PASSPHRASE: {
    exit: 77,
    http: 403,
    hint: 'Give the passphrase the project was made with; a recovery key has one of its own.',
  },
  KEY_MISSING: {
    exit: 66,
    http: 404,
    hint: 'Restore the project’s keys folder from its backup; `lazaret-manager keys rotate` replaces a lost release or policy key.',
  },
  KEY_EXISTS: { exit: 73, http: 409, hint: 'Keys are never overwritten: move the old file away first.' },
  KEY_INVALID: {
    exit: 65,
    http: 422,
    hint: 'Restore the project’s keys folder from its backup; where `lazaret-manager keys list` says that a change was interrupted, repeat it.',
  },
  KEY_CONFIRM: { exit: 75, http: 409, hint: 'Repeat with --yes.' },
  CLOCK_CONFIRM: {
    exit: 75,
    http: 409,
    hint: 'Set this computer’s clock; where it is right, repeat with --clock-is-right.',
  },
  CLOCK_SIGNED_AHEAD: {
    exit: 65,
    http: 409,
    hint: 'Set this computer’s clock; where it is right, run `lazaret-manager keys rotate release policy`, then deploy and package: computers recover with the new keys.',
  },

  TRUST_CONFIRM: {
    exit: 77,
    http: 409,
    hint: 'Compare the fingerprint with the one your administrator gave you, then repeat with --fingerprint.',
  },
  TRUST_FINGERPRINT: {
    exit: 77,
    http: 403,
    hint: 'This is not the project you were told to expect: ask your administrator.',
  },
  TRUST_FOREIGN: {
    exit: 77,
    http: 403,
    hint: 'A computer takes packages of one project only: take another computer, or first remove all of Lazaret here, machines and data disks too, with `lazaretd --uninstall`.',
  },
  TRUST_SIGNATURE: {
    exit: 77,
    http: 403,
    hint: 'It was not signed by the project, or was changed: fetch it again from the administrator.',
  },
  TRUST_ROLLBACK: { exit: 77, http: 403, hint: 'This is older than what this computer has seen: fetch the newest.' },
  TRUST_FLOOR: {
    exit: 77,
    http: 403,
    hint: 'The project allows nothing this old any more: install the newest package.',
  },
  TRUST_EXPIRED: {
    exit: 77,
    http: 403,
    hint: 'Ask the administrator for a newer one, and check this computer’s clock.',
  },
  TRUST_DIGEST: { exit: 65, http: 422, hint: 'The file is damaged or was changed: fetch it again.' },
  TRUST_INVALID: {
    exit: 65,
    http: 422,
    hint: 'The signed files are damaged: fetch the newest package again and install it.',
  },

  LAYER_INVALID: {
    exit: 65,
    http: 422,
    hint: 'Fetch the package again; where that does not help, ask the administrator for a newer one.',
  },
  LAYER_TRUNCATED: {
    exit: 65,
    http: 422,
    hint: 'Fetch the package again; where that does not help, ask the administrator for a newer one.',
  },
  LAYER_HASH: {
    exit: 65,
    http: 422,
    hint: 'Fetch the package again; where that does not help, ask the administrator for a newer one.',
  },
  LAYER_BASE_MISSING: { exit: 69, http: 409, hint: 'Install the full package, or the update packages in between.' },
  LAYER_TOO_LARGE: {
    exit: 65,
    http: 413,
    hint: 'Add the machine anew, from a copy of its disk: a disk has 8 TiB at most, and a machine 1000 releases.',
  },

  PACKAGE_EXISTS: { exit: 73, http: 409, hint: 'Choose another name or folder for the package.' },
  PACKAGE_INVALID: {
    exit: 65,
    http: 422,
    hint: 'Check the path or address: it is that of a package’s own folder, archive or image. If it is, fetch it again.',
  },
  PACKAGE_UNCHANGED: {
    exit: 65,
    http: 409,
    hint: 'Change something first; `--force` makes it anyway, for instance for a later date of expiry.',
  },
  PACKAGE_UNWRITTEN: {
    exit: 73,
    http: 507,
    hint: 'Make room, or take another place, and write it with `lazaret-manager package export NAME --out DIR`.',
  },
  PACKAGE_LOCKED: {
    exit: 77,
    http: 403,
    hint: 'Give what your administrator told or gave you: --passphrase-file, or --identity with the file of your key.',
  },
  PACKAGE_SECRET: {
    exit: 77,
    http: 403,
    hint: 'Type the passphrase again, or give the identity file of one whom the package was encrypted for.',
  },
  LAZARET_MISSING: {
    exit: 66,
    http: 404,
    hint: 'Ask for a package that was written with `--with-lazaret` for this kind of processor, or install Lazaret’s Debian package yourself.',
  },
  LAZARET_FOLDER: {
    exit: 66,
    http: 422,
    hint: 'Name a folder that has Lazaret’s Debian packages of one version: lazaret_VERSION_amd64.deb, lazaret_VERSION_arm64.deb or both.',
  },
  LAZARET_UNPACKAGED: {
    exit: 69,
    http: 409,
    hint: 'Bring Lazaret up to date in the way it came to this computer (npm, a checkout); your machines run as they did.',
  },
  PACKAGE_EMPTY: { exit: 65, http: 422, hint: 'Add a machine to the project first.' },

  STATE_DAMAGED: {
    exit: 65,
    http: 422,
    hint: 'Install the newest package again: it replaces what is damaged and leaves data disks as they are.',
  },
  SEAL_BROKEN: {
    exit: 65,
    http: 422,
    hint: 'Bring the file back as it was last; from a backup, bring all files back with the folder lazaret.seal of the same backup; or install the newest package again, which makes anew what was changed and leaves data disks as they are.',
  },
  SEAL_KEY_LOST: {
    exit: 65,
    http: 422,
    hint: 'Bring the folder lazaret.seal back from a backup of the computer that the machine was installed on; or install the newest package again, which seals it for this computer and leaves data disks as they are.',
  },
  SYSTEM_DISK_DAMAGED: {
    exit: 65,
    http: 422,
    hint: 'Shut the machine down and copy the file. Mend it with `qemu-img check -r all FILE`; or move it away and install the package again, which makes the system disk anew, without what was changed in it.',
  },
  DATA_DISK_DAMAGED: {
    exit: 65,
    http: 422,
    hint: 'Shut the machine down and copy the file. Then put a backup in its place, or mend it with `qemu-img check -r all FILE`.',
  },
  VM_TAKEN: {
    exit: 75,
    http: 409,
    hint: 'A computer has one machine of a name. Let root install it for all its users: `lazaret uninstall VM`, then `lazaret install --for all PACKAGE`.',
  },
  VM_OTHER: {
    exit: 75,
    http: 409,
    hint: 'Save what you need from the machine that is here, remove it with `lazaret uninstall`, and install again.',
  },
  INSTALL_CONFIRM: {
    exit: 75,
    http: 409,
    hint: 'Save what you need from the machines that are named, then repeat with --yes.',
  },
  HOST_CONFIRM: {
    exit: 77,
    http: 409,
    hint: 'Read with `lazaret plan` what this computer could no longer reach, then repeat with --accept-host-policy and that digest.',
  },
  UNINSTALL_CONFIRM: {
    exit: 75,
    http: 409,
    hint: 'Save what you need from the machines that are named, then repeat with --yes.',
  },

  UPDATE_ADDRESS: {
    exit: 69,
    http: 409,
    hint: 'Ask the administrator for the package; `lazaret-manager project set --package-server` names an address.',
  },
  UPDATE_ROLLED_BACK: {
    exit: 75,
    http: 409,
    hint: 'It stays as it is until there is a newer package; `lazaret update VM` installs this one again anyway.',
  },
  UPDATE_FULL: { exit: 75, http: 409, hint: 'Repeat with --full to fetch all of it.' },

  ROLLBACK_NONE: {
    exit: 69,
    http: 409,
    hint: 'Install with --keep-old next time: only then is the former system kept.',
  },

  POWER_FORBIDDEN: {
    exit: 77,
    http: 403,
    hint: 'Shut it down or restart it from inside the guest; the administrator allows both commands with the policy `troubleshooting`.',
  },
  REIMAGE_FORBIDDEN: {
    exit: 77,
    http: 403,
    hint: 'The administrator allows it with the policy `reimage`, in a package that holds the machine.',
  },
  REIMAGE_CONFIRM: {
    exit: 75,
    http: 409,
    hint: 'Save what you need from the machine, then repeat with --yes.',
  },

  SNAPSHOT_FORBIDDEN: { exit: 77, http: 403, hint: 'The administrator allows them with the policy `snapshots`.' },
  SNAPSHOT_UNKNOWN: {
    exit: 66,
    http: 404,
    hint: 'Run `lazaret snapshot list VM` (in a project: `lazaret-manager vm snapshot list VM`) to see the names.',
  },
  SNAPSHOT_TAKEN: {
    exit: 73,
    http: 409,
    hint: 'Choose another name, or remove that one first: `lazaret snapshot remove` (in a project: `lazaret-manager vm snapshot remove`).',
  },
  SNAPSHOT_FULL: {
    exit: 75,
    http: 409,
    hint: 'Remove one that you need no longer: `lazaret snapshot remove` (in a project: `lazaret-manager vm snapshot remove`). Where removed ones are in the way, shut the machine down and start it.',
  },
  SNAPSHOT_ENCRYPTED: {
    exit: 65,
    http: 409,
    hint: 'Save what you need of its snapshots, remove them with `lazaret snapshot remove`, start the machine once, then install again.',
  },
  SNAPSHOT_UNWRITTEN: {
    exit: 75,
    http: 409,
    hint: 'Start the machine once and shut it down, or suspend it; then repeat.',
  },
  SNAPSHOT_UPDATING: { exit: 75, http: 409, hint: 'Wait until the installation has ended, then repeat.' },
  SNAPSHOT_CONFIRM: {
    exit: 75,
    http: 409,
    hint: 'Take a snapshot or save what you need first, then repeat with --yes.',
  },
  DEVICE_UNKNOWN: {
    exit: 66,
    http: 404,
    hint: 'Run `lazaret devices VM` (in a project: `lazaret-manager vm device list VM`) to see the devices that it has.',
  },
  DEVICE_FORBIDDEN: {
    exit: 77,
    http: 403,
    hint: 'Ask your administrator: the policy `devices` says who may connect what. `lazaret-manager policy device` sets it, for preview from its next start on.',
  },
  DEVICE_LOCKED: {
    exit: 75,
    http: 409,
    hint: 'Unmount or eject the disc in the guest, or repeat with --force: what it reads of it at that moment fails.',
  },
  DEVICE_IMAGE: {
    exit: 65,
    http: 422,
    hint: 'Give an image as one file: of a disc (.iso), or of a stick (its bytes, in whole sectors of 512); or the computer’s drive such as /dev/sr0; for a serial port, one of the computer’s such as /dev/ttyS0; for a parallel one, a file, or a port such as /dev/lp0.',
  },
  DEVICE_IN_USE: {
    exit: 75,
    http: 409,
    hint: 'Let the other machine or program end with it, or give a copy of it.',
  },
  DEVICE_NONE: {
    exit: 69,
    http: 409,
    hint: 'Plug it in, then repeat; `lazaret devices VM` (in a project: `lazaret-manager vm device list VM`) says which devices may be connected as it.',
  },
  PRINTER_NONE: {
    exit: 69,
    http: 409,
    hint: 'Set the printer up on this computer, with CUPS, then repeat; `lpstat -e` lists its queues.',
  },
  PRINTER_SEVERAL: {
    exit: 64,
    http: 409,
    hint: 'Name the queue that is meant: `lazaret connect VM DEVICE --queue QUEUE` (in a project: `lazaret-manager vm device connect VM DEVICE --queue QUEUE`).',
  },
  DEVICE_SEVERAL: {
    exit: 64,
    http: 409,
    hint: 'Name the one that is meant, by its path: `lazaret connect VM DEVICE /dev/bus/usb/001/004` (in a project: `lazaret-manager vm device connect VM DEVICE /dev/bus/usb/001/004`).',
  },

  CLIPBOARD_FORBIDDEN: {
    exit: 77,
    http: 403,
    hint: 'The administrator allows it, each way by itself, with the policy `clipboard`.',
  },
  CLIPBOARD_TOO_LARGE: {
    exit: 65,
    http: 413,
    hint: 'Copy less at once; the administrator sets how much may pass with the policy `clipboard`.',
  },
  CLIPBOARD_EMPTY: { exit: 66, http: 404, hint: 'Copy a text or a picture in the machine first.' },
  CLIPBOARD_DAMAGED: { exit: 65, http: 422, hint: 'Copy it again, as text or as a picture.' },
  FILES_FORBIDDEN: { exit: 77, http: 403, hint: 'The administrator allows it with the policy `files`.' },
  FILES_TOO_LARGE: {
    exit: 65,
    http: 413,
    hint: 'Pack it smaller or in parts; the administrator sets how large a file may be with the policy `files`.',
  },
  FILES_REFUSED: { exit: 69, http: 409, hint: 'Do in the guest what the message asks for, then send the file again.' },
  SHARE_FORBIDDEN: {
    exit: 77,
    http: 403,
    hint: 'Share it with --read-only where the project lets it be read; the administrator allows more with the policy `sharedFolder`.',
  },
  SHARE_FOLDER: {
    exit: 65,
    http: 422,
    hint: 'Name the folder itself, and not by a link: a folder of yours that is made for it is best.',
  },
  SHARE_IMPOSSIBLE: {
    exit: 69,
    http: 409,
    hint: 'Start the machine again where an earlier release started it; on compatible hardware send files by the network.',
  },
  AGENT_MISSING: {
    exit: 69,
    http: 409,
    hint: 'Install the SPICE agent in the guest (Debian: `apt install spice-vdagent`), or wait until its user’s desktop is up.',
  },

  STORE_UNREACHABLE: {
    exit: 69,
    http: 503,
    hint: 'Check the network, and ask your administrator whether the policies are at that address; the last policy holds until it expires.',
  },
  STORE_NOT_SAFE: {
    exit: 76,
    http: 502,
    hint: 'Directories are used only over TLS, with a certificate for the name in the address: name its issuer as the `ca`.',
  },
  STORE_ACCOUNT: {
    exit: 78,
    http: 500,
    hint: 'Write the directory’s `user` and `password` into the account file, and keep it to its owner: `chmod 600`.',
  },
  STORE_LOGIN: { exit: 77, http: 403, hint: 'Check user and password; the account may be locked or expired.' },
  STORE_DENIED: {
    exit: 77,
    http: 403,
    hint: 'Ordinary accounts read policies, administrators write them: take another account, or change the rights.',
  },
  DEPLOY_FAILED: {
    exit: 69,
    http: 502,
    hint: 'Computers keep the policies they have: mend what is named, then deploy again.',
  },
  POLICY_INVALID: {
    exit: 65,
    http: 422,
    hint: 'Correct what is named, in the file or the options; `lazaret-manager policy schema` prints what each policy may say.',
  },

  POLICY_NEEDS_MACHINE: {
    exit: 65,
    http: 422,
    hint: 'Make a package that has the machine: encryption and authentication change only with it.',
  },
  RECOVERY_KEY_FIXED: {
    exit: 65,
    http: 422,
    hint: 'Put the recovery key back as it was: another one needs a new project.',
  },
  RECOVERY_KEY_MISSING: {
    exit: 65,
    http: 422,
    hint: 'Make the project’s recovery key with `lazaret-manager keys recovery`, or take `encryption.recovery` out of the policy.',
  },

  PASSWORD_UNSET: {
    exit: 77,
    http: 403,
    hint: 'Choose a password: `lazaret start` asks for it, or reads it from --password-fd; so does `lazaret passwd`.',
  },
  PASSWORD_NEEDED: {
    exit: 77,
    http: 403,
    hint: 'Give the password: `lazaret start` asks for it in a terminal, or reads it from --password-fd.',
  },
  PASSWORD_CHANGE: {
    exit: 77,
    http: 403,
    hint: 'Choose a new one: `lazaret start` asks for it in a terminal, or reads it as the second line from --password-fd.',
  },
  PASSWORD_RULES: {
    exit: 65,
    http: 422,
    hint: 'Choose another password: the message says what your administrator wants.',
  },
  PASSWORD_WRONG: {
    exit: 77,
    http: 403,
    hint: 'Type it again; look at Caps Lock and the keyboard’s layout. After three wrong ones you wait longer each time.',
  },
  PASSWORD_PAUSE: {
    exit: 75,
    http: 429,
    hint: 'Wait as long as the message says, then try again: nothing is locked for good.',
  },
  PASSWORD_NONE: { exit: 65, http: 409, hint: 'Start the machine: it has no password of its own.' },
  PASSWORD_DAMAGED: {
    exit: 65,
    http: 422,
    hint: 'Bring the machine’s `password.json` back from a backup; or save what you need by a backup of its disks, remove the machine with `lazaret uninstall`, and install it again.',
  },

  SCRIPT_DENIED: {
    exit: 77,
    http: 403,
    hint: 'Ask your administrator: his script does not let you open the machine. What it said is in `lazaret events`.',
  },
  SCRIPT_OTHER: {
    exit: 77,
    http: 403,
    hint: 'Start it where and as you did the first time. Where the script now says something else for good, your administrator gives it another name or other arguments, in a package that has the machine.',
  },
  SCRIPT_DAMAGED: {
    exit: 65,
    http: 422,
    hint: 'Bring the machine’s `script-output.json` back from a backup; or save what you need by a backup of its disks, remove the machine with `lazaret uninstall`, and install it again.',
  },
  KEY_DAMAGED: {
    exit: 65,
    http: 422,
    hint: 'Bring the file that is named back from a backup, or ask for a hot fix where your organisation has a recovery key. Without both nobody reads what it opens: remove the machine with `lazaret uninstall`, and install it again.',
  },

  ADMIN_NONE: {
    exit: 65,
    http: 409,
    hint: 'Ask your administrator: `lazaret-manager policy administrator-access` sets such a password, and a deploy brings it here.',
  },
  ADMIN_NEEDED: {
    exit: 77,
    http: 403,
    hint: 'Give the administrator’s password: `lazaret admin` asks for it in a terminal, or reads it from --password-fd.',
  },
  ADMIN_ENCRYPTED: {
    exit: 65,
    http: 409,
    hint: 'Ask your administrator for other hardware: `lazaret-manager vm set`, and a package that has the machine.',
  },
  ADMIN_SUSPENDED: {
    exit: 75,
    http: 409,
    hint: 'Start the machine and shut it down first; or boot it with `lazaret start --discard VM`: what is in its memory alone is lost then.',
  },
  HARDWARE_TOO_MUCH: {
    exit: 65,
    http: 422,
    hint: 'Give the machine no more than this computer has: the message says how much that is.',
  },

  ACCOUNT_NEEDED: {
    exit: 77,
    http: 403,
    hint: 'Give your name and password: `lazaret start` and `lazaret connect` ask for both in a terminal, or take --user and --password-fd.',
  },
  ACCOUNT_UNLISTED: {
    exit: 77,
    http: 403,
    hint: 'Ask your administrator to put you, or a group that you are in, on the machine’s list.',
  },
  ACCOUNT_DISABLED: { exit: 77, http: 403, hint: 'Ask your administrator to enable the account, then sign in again.' },
  ACCOUNT_EXPIRED: {
    exit: 77,
    http: 403,
    hint: 'Ask your administrator to let the account go on, then sign in again.',
  },
  ACCOUNT_LOCKED: {
    exit: 77,
    http: 403,
    hint: 'Wait until your domain lifts the lock, or ask your administrator to do it now.',
  },
  ACCOUNT_PASSWORD: {
    exit: 77,
    http: 403,
    hint: 'Set a new password where you log on to your organisation, then sign in with that.',
  },
  ACCOUNT_NOT_NOW: {
    exit: 77,
    http: 403,
    hint: 'Sign in when your domain lets you, or ask your administrator to allow it at this time and from here.',
  },
  DOMAIN_UNREACHABLE: {
    exit: 69,
    http: 503,
    hint: 'Connect this computer to your organisation’s network, then sign in again.',
  },
  DOMAIN_UNSAFE: {
    exit: 76,
    http: 502,
    hint: 'The domain needs TLS and a certificate for the name in its address; where its issuer is not known to computers, `lazaret-manager project set --domain-ca` names it.',
  },
  DOMAIN_INVALID: {
    exit: 65,
    http: 502,
    hint: 'Check the domain’s address with `lazaret-manager project show`: it is `ldaps://HOST/DC=…`, and HOST a domain controller.',
  },
  DOMAIN_UNSET: {
    exit: 65,
    http: 422,
    hint: 'Name the domain: `lazaret-manager project set --domain ldaps://HOST/DC=…`.',
  },

  EXPIRED: {
    exit: 77,
    http: 403,
    hint: 'Ask your administrator for more time: a later end in the machine’s policy, deployed or in a package. The machine’s files stay as they are.',
  },
  MOVED: {
    exit: 77,
    http: 403,
    hint: 'Move the machine back to where it was installed. Where that cannot be, ask your administrator: without copy protection in its policy it runs here.',
  },
  HOT_FIX_OFF: {
    exit: 77,
    http: 403,
    hint: 'Ask your administrator: the project’s policy `hotFixes` says for which problems a hot fix may be asked, and by whom.',
  },
  HOT_FIX_UNNEEDED: {
    exit: 65,
    http: 409,
    hint: 'Start the machine. Where its password is lost, say so: `lazaret hot-fix request VM --problem password`.',
  },
  HOT_FIX_NONE: {
    exit: 65,
    http: 409,
    hint: 'Make a new request with `lazaret hot-fix request` and send it: an answer is for the last request alone, once, and for seven days.',
  },
  HOT_FIX_INVALID: {
    exit: 65,
    http: 422,
    hint: 'Check that it is the right file; where it was changed on its way, ask for it again.',
  },
  HOT_FIX_SIGNATURE: {
    exit: 77,
    http: 403,
    hint: 'Ask your administrator for it himself. Where the project’s key was changed: start the machine, so that it looks its policy up, and make a new request.',
  },
  HOT_FIX_WRONG: {
    exit: 65,
    http: 422,
    hint: 'Have the letters read out once more, group by group: the last letter of each is its check.',
  },
  HOT_FIX_PAUSE: {
    exit: 75,
    http: 429,
    hint: 'Wait as long as the message says, then try again: nothing is locked for good.',
  },
  HOT_FIX_FOREIGN: {
    exit: 65,
    http: 409,
    hint: 'Open it in the folder of the project that is named: `lazaret-manager -C FOLDER hot-fix open FILE`.',
  },
  HOT_FIX_OLD: {
    exit: 65,
    http: 409,
    hint: 'Ask its user for a new request: his computer takes no answer to this one any more.',
  },
  HOT_FIX_CONFIRM: {
    exit: 77,
    http: 409,
    hint: 'Look at what would be done, then repeat the command with --yes.',
  },
  QUARANTINE_REFUSED: {
    exit: 77,
    http: 403,
    hint: 'The message says why; what the administrator deploys can change it, and so can a policy server that answers again.',
  },
  PLUGIN_MISSING: {
    exit: 66,
    http: 409,
    hint: 'Put the script into the project’s resources/ and bring it with a full, update or custom package.',
  },
  PLUGIN_CHANGED: {
    exit: 65,
    http: 409,
    hint: 'Somebody changed the plug-in’s files on this computer: install the package again.',
  },
  PLUGIN_NO_PROGRAM: {
    exit: 65,
    http: 409,
    hint: 'Begin the script with `#!` and an interpreter that users’ computers have, or use a program for their processor.',
  },
  PLUGIN_LATE: { exit: 75, http: 504, hint: 'Make the plug-in faster, or raise `timeout` of its `script`.' },
  PLUGIN_FAILED: {
    exit: 70,
    http: 500,
    hint: 'Mend the plug-in: what it wrote to standard error is in `lazaret events` (in a project: the machine’s `events.jsonl`).',
  },
  PLUGIN_OUTPUT: {
    exit: 65,
    http: 500,
    hint: 'Let the plug-in write only what its policy takes (YES, NO or REJECT; a renewal: one number; a device: TRUE or FALSE; to open a machine: 1 to 4096 bytes), and end with status 0.',
  },
  PLUGIN_UNCONFINED: {
    exit: 71,
    http: 500,
    hint: 'Plug-ins run only in bubblewrap: `lazaret doctor` says what this computer lacks for it.',
  },
  FILTER_FAILED: {
    exit: 71,
    http: 500,
    hint: 'The packet filter did not take the rules, so the machine stays closed: run `lazaret doctor`.',
  },
  HOST_FILTER_FAILED: {
    exit: 71,
    http: 500,
    hint: 'The packet filter did not take the rules for the computer itself; the rules from before stay in force: run `lazaret doctor`.',
  },
  SUBNETS_TAKEN: {
    exit: 75,
    http: 409,
    hint: 'Take one of the routes or addresses that the message names off this computer (`ip route show table all`), then start the machine again.',
  },
  NETWORK_FAILED: { exit: 71, http: 500, hint: 'Run `lazaret doctor` as root and mend what it names.' },
  COMPUTER_UNREADY: {
    exit: 71,
    http: 500,
    hint: 'Do what stands beside each line that is NOT OK; `lazaret doctor --fix`, as root, does what a command can do.',
  },

  DAEMON_UNREACHABLE: { exit: 69, http: 503, hint: 'Start the service: `lazaretd` as root.' },
  DAEMON_HANGS_UP: {
    exit: 75,
    http: 503,
    hint: 'It takes no more connections than it has: end commands and pages that watch or show machines, then repeat.',
  },
  ROOTLESS_UNAVAILABLE: {
    exit: 69,
    http: 503,
    hint: 'Connect this computer to a network, install passt and uidmap, let users open /dev/net/tun and make user namespaces, or run the service as root.',
  },
  DAEMON_BUSY: { exit: 75, http: 409, hint: 'Another Lazaret service works on this folder: stop it first.' },
  DAEMON_DENIED: {
    exit: 77,
    http: 403,
    hint: 'Run as root, or let root add you to the group with `usermod -aG lazaret USER`, and log on anew. Where there is no such group, root first makes it with `groupadd --system lazaret` and restarts the service.',
  },
  PAGE_DENIED: {
    exit: 77,
    http: 403,
    hint: 'Open the page anew: `lazaret open` (in a project: `lazaret-manager ui`).',
  },
  PORT_IN_USE: { exit: 71, http: 409, hint: 'Choose another port or socket.' },
  TASK_UNKNOWN: {
    exit: 66,
    http: 404,
    hint: 'Begin it anew: tasks end with the process of the page, and only the last are kept.',
  },
  UPLOAD_CUT: { exit: 75, http: 400, hint: 'Nothing of it is kept: choose the file again, and keep the page open.' },
  TASKS_FULL: { exit: 75, http: 409, hint: 'Wait for one of them to end, or cancel one.' },
} as const satisfies Record<string, { exit: number; http: number; hint: string }>;

export type ErrorCode = keyof typeof ERRORS;

let speaker: Speaker = 'lazaret';

/** Says once which program this is, so that its remedies name its own commands. */
export function speakAs(program: Speaker): void {
  speaker = program;
}

/** A failure a user may see: a code of the table, a message with the particulars, and the cause. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, more: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, 'cause' in more ? { cause: more.cause } : {});
    this.code = code;
    this.details = more.details ?? {};
  }

  /** The way back in is part of the remedy only where the machine’s policy has one. */
  get hint(): string {
    const hint = ownCommand(ERRORS[this.code].hint, speaker);
    const { hotFixOf } = this.details;
    return typeof hotFixOf === 'string'
      ? `${hint} Or ask for a hot fix: \`lazaret hot-fix request ${hotFixOf}\`.`
      : hint;
  }
}

/** What the command line, the API and the log say of a failure. Anything but an AppError is a bug and says so. */
export interface Failure {
  code: ErrorCode;
  reason: string;
  /** What led to it, from the nearest to the first: a few short lines. */
  causes: readonly string[];
  remedy: string;
  /** The path of the log that says more. */
  log?: string;
  details: Readonly<Record<string, unknown>>;
}

export function failureOf(error: unknown): Failure {
  const causes = causesOf(error);
  if (error instanceof AppError) {
    const { code, message: reason, hint: remedy, details } = error;
    const { log } = details;
    return { code, reason, causes, remedy, ...(typeof log === 'string' ? { log } : {}), details };
  }
  const reason = withoutSecrets(error instanceof Error ? error.message : String(error));
  return { code: 'INTERNAL', reason, causes, remedy: ERRORS.INTERNAL.hint, details: {} };
}

/** The operating system’s error code (`ENOENT`, …) of a failed call, or undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
