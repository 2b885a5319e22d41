/* How the host is found and asked. Whatever hangs is given up in time: all input and output is overlapped. */
#include "channel.h"
#include <sddl.h>

#define LIMIT_MS 15000
#define TURN_MS 10000
/* Both programs of the guest tools, and the service, take turns by it. */
#define TURN L"Global\\lazaret-guestd"
/* For the system and its administrators alone. */
#define OURS L"D:P(A;;GA;;;SY)(A;;GA;;;BA)"

static int is_serial;

int speaks_serially(void)
{
	return is_serial;
}

static enum asked refuse(char *reason, const char *why)
{
	snprintf(reason, MAX_LINE, "%s", why);
	return ASK_REFUSED;
}

static HANDLE open_port(const WCHAR *path)
{
	return CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

/* The firmware says that the second serial port is the channel: elsewhere that may be anything. */
static int has_serial_channel(void)
{
	WCHAR product[64];
	DWORD bytes = sizeof(product);
	return RegGetValueW(HKEY_LOCAL_MACHINE, L"HARDWARE\\DESCRIPTION\\System\\BIOS", L"SystemProductName", RRF_RT_REG_SZ, NULL,
			    product, &bytes) == ERROR_SUCCESS && wcscmp(product, L"Lazaret COM2") == 0;
}

static HANDLE find_port(void)
{
	WCHAR path[MAX_PATH + 1];
	HANDLE port;

	if (GetEnvironmentVariableW(L"LAZARET_PORT", path, MAX_PATH))
		return open_port(path);
	port = open_port(L"\\\\.\\Global\\org.lazaret.guestd.0");
	if (port != INVALID_HANDLE_VALUE || GetLastError() == ERROR_ACCESS_DENIED || !has_serial_channel())
		return port;
	return open_port(L"\\\\.\\COM2");
}

/* Nothing but us decides what the bytes are. */
static int set_up(HANDLE port)
{
	DCB line = {.DCBlength = sizeof(line)};
	COMMTIMEOUTS times = {0, 0, LIMIT_MS, 0, 0};

	is_serial = GetCommState(port, &line);
	if (!is_serial)
		return 1;
	line.BaudRate = CBR_115200;
	line.ByteSize = 8;
	line.Parity = NOPARITY;
	line.StopBits = ONESTOPBIT;
	line.fBinary = TRUE;
	line.fParity = line.fOutxCtsFlow = line.fOutxDsrFlow = line.fDsrSensitivity = line.fOutX = line.fInX = FALSE;
	line.fNull = line.fErrorChar = line.fAbortOnError = FALSE;
	line.fDtrControl = DTR_CONTROL_ENABLE;
	line.fRtsControl = RTS_CONTROL_ENABLE;
	return SetCommState(port, &line) && SetCommTimeouts(port, &times) && PurgeComm(port, PURGE_RXCLEAR);
}

/* Waits for what was begun, until the limit; what is late is taken back. Gives how many bytes were moved, or -1. */
static int finished(HANDLE port, OVERLAPPED *work, BOOL is_done, ULONGLONG limit)
{
	ULONGLONG now = GetTickCount64();
	DWORD moved = 0;

	if (!is_done && GetLastError() != ERROR_IO_PENDING)
		return -1;
	if (WaitForSingleObject(work->hEvent, now < limit ? (DWORD)(limit - now) : 0) != WAIT_OBJECT_0)
		CancelIo(port);
	return GetOverlappedResult(port, work, &moved, TRUE) ? (int)moved : -1;
}

static int send_all(HANDLE port, HANDLE event, const char *text, size_t length, ULONGLONG limit)
{
	while (length > 0) {
		OVERLAPPED work = {.hEvent = event};
		int moved = finished(port, &work, WriteFile(port, text, (DWORD)length, NULL, &work), limit);
		if (moved <= 0)
			return 0;
		text += moved;
		length -= (size_t)moved;
	}
	return 1;
}

/* 1 with the answer of this id, 0 for another line, whoever it was for. */
static int is_answer(char *line, const char *id, enum asked *asked, char *reason)
{
	static const char middle[] = ",\"reason\":\"";
	char head[96], *at = line;
	size_t length = strlen(line);

	at += snprintf(head, sizeof(head), "{\"id\":\"%s\",\"ok\":", id);
	if (strncmp(line, head, strlen(head)) != 0 || length < 2 || strcmp(line + length - 2, "\"}") != 0)
		return 0;
	*asked = strncmp(at, "true", 4) == 0 ? ASK_OK : ASK_REFUSED;
	at += *asked == ASK_OK ? 4 : 5;
	if (strncmp(at, middle, sizeof(middle) - 1) != 0)
		return 0;
	line[length - 2] = 0;
	snprintf(reason, MAX_LINE, "%s", at + sizeof(middle) - 1);
	return 1;
}

/*
 * Reads lines until the answer comes; one that is longer than any answer is passed over. Each read asks for one byte: a serial port
 * may wait for as many as were asked for, and its driver keeps the others.
 */
static enum asked hear(HANDLE port, HANDLE event, const char *id, ULONGLONG limit, char *reason)
{
	char line[MAX_LINE], byte;
	size_t length = 0;
	enum asked asked;

	for (;;) {
		OVERLAPPED work = {.hEvent = event};
		int got = finished(port, &work, ReadFile(port, &byte, 1, NULL, &work), limit);
		if (got < 1 && GetTickCount64() >= limit)
			return refuse(reason, "the host did not answer in time");
		if (got < 0)
			return refuse(reason, "the host is not there");
		if (got == 0) {
			/* A virtio port that nobody serves reads nothing, at once. */
			Sleep(20);
		} else if (byte != '\n') {
			if (length < sizeof(line))
				line[length++] = byte;
		} else {
			if (length < sizeof(line)) {
				line[length] = 0;
				if (is_answer(line, id, &asked, reason))
					return asked;
			}
			length = 0;
		}
	}
}

static enum asked ask_port(HANDLE port, const char *words, char *reason)
{
	static unsigned count;
	static char request[2 * MAX_DESCRIPTOR + 256];
	ULONGLONG limit = GetTickCount64() + LIMIT_MS;
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	char id[64];
	enum asked asked;

	sprintf(id, "%lu-%llu.%u", GetCurrentProcessId(), (unsigned long long)GetTickCount64(), count++);
	/* A caller that died before may have left half a line: it is ended. */
	sprintf(request, "\n{\"v\":1,\"id\":\"%s\",%s}\n", id, words);
	if (!set_up(port))
		asked = refuse(reason, "cannot set up the port to the host");
	else if (!send_all(port, event, request, strlen(request), limit))
		asked = refuse(reason, "cannot write to the host");
	else
		asked = hear(port, event, id, limit, reason);
	CloseHandle(event);
	return asked;
}

static int is_administrator(void)
{
	BYTE sid[SECURITY_MAX_SID_SIZE];
	DWORD bytes = sizeof(sid);
	BOOL is_member = FALSE;
	return CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &bytes) && CheckTokenMembership(NULL, sid, &is_member) && is_member;
}

enum asked ask_host(const char *words, char reason[MAX_LINE])
{
	SECURITY_ATTRIBUTES ours = {sizeof(ours), NULL, FALSE};
	HANDLE turn, port;
	DWORD waited;
	enum asked asked;

	if (!is_administrator())
		return refuse(reason, "run this as an administrator");
	ConvertStringSecurityDescriptorToSecurityDescriptorW(OURS, SDDL_REVISION_1, &ours.lpSecurityDescriptor, NULL);
	turn = CreateMutexW(&ours, FALSE, TURN);
	LocalFree(ours.lpSecurityDescriptor);
	/* One that died while it was its turn has left it to us. */
	waited = turn ? WaitForSingleObject(turn, TURN_MS) : WAIT_FAILED;
	if (waited != WAIT_OBJECT_0 && waited != WAIT_ABANDONED) {
		if (turn)
			CloseHandle(turn);
		return refuse(reason, "another nq-set is at work");
	}
	port = find_port();
	if (port == INVALID_HANDLE_VALUE)
		asked = refuse(reason, GetLastError() == ERROR_ACCESS_DENIED ? "cannot open the port to the host: another program holds it"
				       : "this machine has no port to a host: it does not run under Lazaret, or its driver is missing");
	else {
		asked = ask_port(port, words, reason);
		CloseHandle(port);
	}
	ReleaseMutex(turn);
	CloseHandle(turn);
	return asked;
}
