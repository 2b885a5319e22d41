/*
 * Lazaret's guest tools for Windows 7 to 11; docs/formats/guest.md is the protocol.
 * vmwareservice -cmd "nq-set [-n] DESCRIPTOR", or nq-set [-n] DESCRIPTOR: reports this machine's version to the host.
 * Exit status: 0 the host found it valid and (without -n) has saved and enforced it; 1 anything else, the reason on stderr.
 * As a service: tells the host that this machine is up and, where there is a health.cmd beside it, whether that one succeeds;
 * and sets the clock forward when the machine was suspended.
 * vmwareservice --install, --stop, --remove: makes the service and starts it, stops it, stops it and takes it away.
 * --run: the service's work, without one.
 */
#include "channel.h"
#include <stdlib.h>

#define SERVICE_NAME L"LazaretGuest"
#define CLOCK_MS 10000
#define HEALTH_MS 60000
/* It may be waiting for its health command, or for the host. */
#define STOP_MS 90000

/* A descriptor is taken as it is written: mingw would put the names of files in the place of * and ?. */
int _dowildcard = 0;

static SERVICE_STATUS_HANDLE service;
static HANDLE stopped;

static int fail(const char *reason)
{
	HANDLE to = GetStdHandle(STD_ERROR_HANDLE);
	DWORD wrote;
	WriteFile(to, "nq-set: ", 8, &wrote, NULL);
	WriteFile(to, reason, (DWORD)strlen(reason), &wrote, NULL);
	WriteFile(to, "\r\n", 2, &wrote, NULL);
	return 1;
}

/* What stands behind nq-set: blanks at both ends go, those inside stay. */
static int nq_set(const WCHAR *text)
{
	static char words[2 * MAX_DESCRIPTOR + 64];
	char reason[MAX_LINE], *to = words;
	const char *dry = "false";
	size_t length, i;

	text += wcsspn(text, L" ");
	if (wcscmp(text, L"-n") == 0 || wcsncmp(text, L"-n ", 3) == 0) {
		dry = "true";
		text += 2;
		text += wcsspn(text, L" ");
	}
	for (length = wcslen(text); length > 0 && text[length - 1] == L' ';)
		length--;
	if (length == 0)
		return fail("usage: nq-set [-n] DESCRIPTOR");
	if (text[0] == L'-')
		return fail("there is no such option: nq-set [-n] DESCRIPTOR");
	if (length > MAX_DESCRIPTOR)
		return fail("a descriptor has at most 1024 characters");

	to += sprintf(to, "\"cmd\":\"nq-set\",\"dry\":%s,\"descriptor\":\"", dry);
	for (i = 0; i < length; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			return fail("a descriptor has printable characters only");
		if (text[i] == L'"' || text[i] == L'\\')
			*to++ = '\\';
		*to++ = (char)text[i];
	}
	strcpy(to, "\"");
	return ask_host(words, reason) == ASK_OK ? 0 : fail(reason);
}

/* argv[from] and what is behind it, as one text with single blanks between. */
static WCHAR *joined(WCHAR **argv, int from, int until)
{
	size_t size = 1;
	WCHAR *text;
	int i;

	for (i = from; i < until; i++)
		size += wcslen(argv[i]) + 1;
	text = calloc(size, sizeof(WCHAR));
	for (i = from; text && i < until; i++) {
		if (i > from)
			wcscat(text, L" ");
		wcscat(text, argv[i]);
	}
	return text;
}

/* The manual's line has no quotation marks around the path with its blanks: then the path arrives in pieces. */
static int words_of_path(int argc, WCHAR **argv)
{
	WCHAR own[MAX_PATH + 1] = L"", *head;
	int i, is_own;

	GetModuleFileNameW(NULL, own, MAX_PATH);
	for (i = 2; i < argc; i++) {
		size_t length;
		if (!(head = joined(argv, 0, i)))
			return 1;
		length = wcslen(head);
		is_own = _wcsnicmp(head, own, length) == 0 && (!own[length] || _wcsicmp(own + length, L".exe") == 0);
		free(head);
		if (is_own)
			return i;
	}
	return 1;
}

/* 1 where there is no health.cmd beside this program, or it succeeds in time. */
static int is_healthy(void)
{
	WCHAR path[MAX_PATH + 16], shell[MAX_PATH + 16], line[2 * MAX_PATH + 64], *name;
	STARTUPINFOW start = {.cb = sizeof(start)};
	PROCESS_INFORMATION made;
	HANDLE job;
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
	DWORD code = 1;

	GetModuleFileNameW(NULL, path, MAX_PATH);
	if (!(name = wcsrchr(path, L'\\')))
		return 1;
	wcscpy(name + 1, L"health.cmd");
	if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
		return 1;
	GetSystemDirectoryW(shell, MAX_PATH);
	wcscat(shell, L"\\cmd.exe");
	swprintf(line, sizeof(line) / sizeof(*line), L"\"%ls\" /d /c \"\"%ls\"\"", shell, path);
	job = CreateJobObjectW(NULL, NULL);
	limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits));
	if (!CreateProcessW(shell, line, NULL, NULL, FALSE, CREATE_NO_WINDOW | CREATE_SUSPENDED, NULL, NULL, &start, &made)) {
		CloseHandle(job);
		return 0;
	}
	AssignProcessToJobObject(job, made.hProcess);
	ResumeThread(made.hThread);
	if (WaitForSingleObject(made.hProcess, HEALTH_MS) == WAIT_OBJECT_0)
		GetExitCodeProcess(made.hProcess, &code);
	/* What it has started ends with it. */
	CloseHandle(job);
	CloseHandle(made.hThread);
	CloseHandle(made.hProcess);
	return code == 0;
}

static long long clock_seconds(void)
{
	FILETIME now;
	GetSystemTimeAsFileTime(&now);
	return (long long)((((ULONGLONG)now.dwHighDateTime << 32) | now.dwLowDateTime) / 10000000) - 11644473600LL;
}

static void set_clock(long long seconds)
{
	WCHAR path[MAX_PATH + 1];
	ULONGLONG ticks = (ULONGLONG)(seconds + 11644473600LL) * 10000000;
	FILETIME file = {(DWORD)ticks, (DWORD)(ticks >> 32)};
	SYSTEMTIME time;
	HANDLE to;
	DWORD wrote;
	char text[32];

	/* Tests read there what it would have set. */
	if (GetEnvironmentVariableW(L"LAZARET_CLOCK", path, MAX_PATH)) {
		to = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
		WriteFile(to, text, (DWORD)sprintf(text, "%lld\n", seconds), &wrote, NULL);
		CloseHandle(to);
	} else if (FileTimeToSystemTime(&file, &time))
		SetSystemTime(&time);
}

/*
 * What the host's clock gained on the time that this machine ran is the time of a suspension. Where this clock was set
 * instead, it is no more behind. What it lagged or led before stays.
 */
static void look_at_clock(void)
{
	static long long before;
	static int has_before;
	char answer[MAX_LINE];
	long long host, lead, gained;

	if (ask_host("\"cmd\":\"clock\"", answer) != ASK_OK || (host = atoll(answer)) <= 0)
		return;
	lead = host - (long long)(GetTickCount64() / 1000);
	gained = has_before ? lead - before : 0;
	before = lead;
	has_before = 1;
	if (gained > 3 && host - clock_seconds() > 3)
		set_clock(clock_seconds() + gained);
}

static void work(void)
{
	WCHAR text[16];
	DWORD pause = GetEnvironmentVariableW(L"LAZARET_PAUSE_MS", text, 16) ? (DWORD)_wtoi(text) : CLOCK_MS;
	char answer[MAX_LINE], words[80];
	int is_known = 0;

	do {
		if (!is_known) {
			int healthy = is_healthy();
			sprintf(words, "\"cmd\":\"hello\",\"healthy\":%s%s", healthy ? "true" : "false", speaks_serially() ? ",\"port\":\"serial\"" : "");
			is_known = ask_host(words, answer) == ASK_OK && healthy;
		}
		look_at_clock();
	} while (WaitForSingleObject(stopped, pause) == WAIT_TIMEOUT);
}

static void report(DWORD state)
{
	SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, state, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN, 0, 0, 0, 0};
	SetServiceStatus(service, &status);
}

static void WINAPI on_control(DWORD control)
{
	if (control == SERVICE_CONTROL_STOP || control == SERVICE_CONTROL_SHUTDOWN)
		SetEvent(stopped);
}

static void WINAPI service_main(DWORD argc, WCHAR **argv)
{
	(void)argc, (void)argv;
	if (!(service = RegisterServiceCtrlHandlerW(SERVICE_NAME, on_control)))
		return;
	report(SERVICE_RUNNING);
	work();
	report(SERVICE_STOPPED);
}

static int install_service(void)
{
	WCHAR path[MAX_PATH + 1], line[MAX_PATH + 16];
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE), made;
	char reason[96];
	int is_up = 0, tries;

	GetModuleFileNameW(NULL, path, MAX_PATH);
	swprintf(line, sizeof(line) / sizeof(*line), L"\"%ls\" --service", path);
	made = CreateServiceW(manager, SERVICE_NAME, L"Lazaret guest tools", SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
			      SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL);
	if (!made && GetLastError() == ERROR_SERVICE_EXISTS)
		made = OpenServiceW(manager, SERVICE_NAME, SERVICE_ALL_ACCESS);
	/* While Windows starts its own services, it starts no others. */
	for (tries = 0; made && !is_up && tries < 60; tries++) {
		is_up = StartServiceW(made, 0, NULL) || GetLastError() == ERROR_SERVICE_ALREADY_RUNNING;
		if (!is_up)
			Sleep(500);
	}
	sprintf(reason, "the service could not be made and started (error %lu): run this as an administrator", GetLastError());
	return is_up ? 0 : fail(reason);
}

/* Ends the service and waits for its process, whose file can be replaced only then. Where there is no service, that is well. */
static int stop_service(int is_removed)
{
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
	SC_HANDLE found = OpenServiceW(manager, SERVICE_NAME, SERVICE_ALL_ACCESS);
	SERVICE_STATUS_PROCESS status = {0};
	SERVICE_STATUS last;
	HANDLE process;
	DWORD bytes;
	int is_done, tries;

	if (!found)
		return GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST ? 0 : fail("the service could not be stopped: run this as an administrator");
	QueryServiceStatusEx(found, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof(status), &bytes);
	process = status.dwProcessId ? OpenProcess(SYNCHRONIZE, FALSE, status.dwProcessId) : NULL;
	/* One that is just being started hears nothing yet. */
	for (tries = 0, is_done = 0; !is_done && tries < 60; tries++) {
		is_done = ControlService(found, SERVICE_CONTROL_STOP, &last) || GetLastError() == ERROR_SERVICE_NOT_ACTIVE;
		if (!is_done)
			Sleep(500);
	}
	if (is_done && process)
		is_done = WaitForSingleObject(process, STOP_MS) == WAIT_OBJECT_0;
	if (is_done && is_removed)
		is_done = DeleteService(found);
	CloseServiceHandle(found);
	CloseServiceHandle(manager);
	return is_done ? 0 : fail("the service could not be stopped");
}

int wmain(int argc, WCHAR **argv)
{
	static SERVICE_TABLE_ENTRYW table[] = {{SERVICE_NAME, service_main}, {NULL, NULL}};
	WCHAR own[MAX_PATH + 1] = L"", *name;
	int at = words_of_path(argc, argv);

	stopped = CreateEventW(NULL, TRUE, FALSE, NULL);
	GetModuleFileNameW(NULL, own, MAX_PATH);
	name = wcsrchr(own, L'\\') ? wcsrchr(own, L'\\') + 1 : own;
	if (_wcsnicmp(name, L"nq-set", 6) == 0)
		return nq_set(joined(argv, at, argc));
	if (at == argc)
		return fail("usage: vmwareservice -cmd \"nq-set [-n] DESCRIPTOR\"");
	if (wcscmp(argv[at], L"--service") == 0)
		return StartServiceCtrlDispatcherW(table) ? 0 : 1;
	if (wcscmp(argv[at], L"--run") == 0)
		return work(), 0;
	if (wcscmp(argv[at], L"--install") == 0)
		return install_service();
	if (wcscmp(argv[at], L"--remove") == 0)
		return stop_service(1);
	if (wcscmp(argv[at], L"--stop") == 0)
		return stop_service(0);
	if (wcscmp(argv[at], L"-cmd") != 0 && wcscmp(argv[at], L"--cmd") != 0)
		return fail("usage: vmwareservice -cmd \"nq-set [-n] DESCRIPTOR\"");
	if (argc != at + 2)
		return fail("give one command: -cmd \"nq-set [-n] DESCRIPTOR\"");
	if (wcsncmp(argv[at + 1], L"nq-set", 6) != 0 || (argv[at + 1][6] && argv[at + 1][6] != L' '))
		return fail("the only command is nq-set");
	return nq_set(argv[at + 1] + 6);
}
