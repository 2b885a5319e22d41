; Lazaret's guest tools for Windows: makensis -DBITS=32|64 -DTOOL=vmwareservice.exe -DOUT=installer.exe
; A double click asks once and says what it did; /S asks nobody. Exit status 0: done; 2: not done, and nothing was changed.
!if ${BITS} == 64
  Target amd64-unicode
!else
  Target x86-unicode
!endif
!include LogicLib.nsh
!include x64.nsh

Name "Lazaret guest tools"
OutFile "${OUT}"
SetCompressor lzma
SetDateSave off
RequestExecutionLevel admin
ManifestSupportedOS all
ShowInstDetails show
ShowUninstDetails show
XPStyle on
BrandingText "Lazaret"
; Where VMware ACE's manual has it: scripts of that time run unchanged.
!if ${BITS} == 64
  InstallDir "$PROGRAMFILES64\VMware\VMware Tools"
!else
  InstallDir "$PROGRAMFILES\VMware\VMware Tools"
!endif

!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\LazaretGuestTools"

PageEx license
  LicenseText "What will be installed"
  LicenseData "${WORDS}"
  Caption " "
PageExEnd
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

!macro useOwnRegistry
  !if ${BITS} == 64
    SetRegView 64
  !endif
!macroend

Function .onInit
  !insertmacro useOwnRegistry
  !if ${BITS} == 32
    ${If} ${RunningX64}
      MessageBox MB_ICONSTOP "This Windows is a 64-bit one: run lazaret-tools-64.exe." /SD IDOK
      SetErrorLevel 2
      Quit
    ${EndIf}
  !endif
  ReadRegStr $0 HKLM "${KEY}" "UninstallString"
  ${If} $0 == ""
  ${AndIf} ${FileExists} "$INSTDIR\vmwareservice.exe"
    MessageBox MB_ICONSTOP "VMware Tools are installed here. Remove them first: $INSTDIR" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
FunctionEnd

Section
  SetShellVarContext all
  SetOutPath "$INSTDIR"
  ; An older one is replaced. While it runs its file cannot be.
  ${If} ${FileExists} "$INSTDIR\vmwareservice.exe"
    ExecWait '"$INSTDIR\vmwareservice.exe" --stop'
  ${EndIf}
  File "/oname=vmwareservice.exe" "${TOOL}"
  File "/oname=$WINDIR\nq-set.exe" "${TOOL}"
  WriteUninstaller "$INSTDIR\uninstall-lazaret.exe"
  WriteRegStr HKLM "${KEY}" "DisplayName" "Lazaret guest tools"
  WriteRegStr HKLM "${KEY}" "Publisher" "Lazaret"
  WriteRegStr HKLM "${KEY}" "UninstallString" '"$INSTDIR\uninstall-lazaret.exe"'
  WriteRegStr HKLM "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall-lazaret.exe" /S'
  WriteRegDWORD HKLM "${KEY}" "NoModify" 1
  WriteRegDWORD HKLM "${KEY}" "NoRepair" 1
  ExecWait '"$INSTDIR\vmwareservice.exe" --install' $0
  ${If} $0 != 0
    DetailPrint "The service could not be started."
    SetErrorLevel 2
  ${EndIf}
SectionEnd

Function un.onInit
  !insertmacro useOwnRegistry
FunctionEnd

Section Uninstall
  SetShellVarContext all
  ExecWait '"$INSTDIR\vmwareservice.exe" --remove'
  Delete "$INSTDIR\vmwareservice.exe"
  Delete "$WINDIR\nq-set.exe"
  Delete "$INSTDIR\uninstall-lazaret.exe"
  ; Folders go when they are empty: others may have things there.
  RMDir "$INSTDIR"
  RMDir "$INSTDIR\.."
  DeleteRegKey HKLM "${KEY}"
SectionEnd
