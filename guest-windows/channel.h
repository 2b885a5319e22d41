/* The guest's end of the channel: one request, one answer. */
#pragma once
#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0601
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define MAX_DESCRIPTOR 1024
/* An answer is shorter; a longer line is none. */
#define MAX_LINE 1024

enum asked { ASK_OK, ASK_REFUSED };

/* Sends the host one request, given as the inside of a JSON object, and gives its answer's reason, or why there is none. 15 seconds at most. */
enum asked ask_host(const char *words, char reason[MAX_LINE]);

/* Whether the channel is a serial port, as the last request has found. */
int speaks_serially(void);
