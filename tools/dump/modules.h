/* One module for all loads of a file: the shim lists each dlopen of a library by itself.
 *
 *   modules   #1 plugin.so at 0x7f10.., unloaded    #2 plugin.so at 0x7f25.., unloaded
 *   nodes     #1 0x7f10..12a  #2 0x7f25..12a        become twice  #1 0x7f10..12a
 *
 * Loads are of the same file when path, build-id and addresses in the file are the same.
 */
#ifndef TOOLS_MODULES_H
#define TOOLS_MODULES_H

#include "dump.h"

/* Moves the nodes of all loads of a file to one of them: a load that is still there, if one is,
 * else the first.  The modules themselves stay as they were. */
void modules_merge(struct dump *d);

#endif
