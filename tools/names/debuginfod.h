/* Progress of debug files that debuginfod's servers send; nothing without DEBUGINFOD_URLS. */
#ifndef TOOLS_DEBUGINFOD_H
#define TOOLS_DEBUGINFOD_H

#include <elfutils/libdwfl.h>

/* Before libdwfl may ask for a module's debug file; the module's name is for the progress line. */
void debuginfod_prepare(Dwfl *dwfl, const char *module);

#endif
