/* The table of formats; contract in export_formats.h. */
#include "export_formats.h"
#include "export_writers.h"

const struct export_format export_formats[] = {
    {"collapsed", export_collapsed, FRAMES_NONE, false, false, true, false},
    {"dhat", export_dhat, FRAMES_CALLS, false, false, false, false},
    {"heap", export_heap, FRAMES_NONE, false, false, false, false},
    {"json", export_json, FRAMES_CALLS, false, true, true, true},
    {"jsonl", export_jsonl, FRAMES_CALLS, false, false, true, true},
    {"pprof", export_pprof, FRAMES_CALLS, true, false, true, true},
    {"speedscope", export_speedscope, FRAMES_FUNCTIONS, false, false, false, false},
    {NULL, NULL, FRAMES_NONE, false, false, false, false}};
