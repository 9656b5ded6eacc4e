# find_package(arenashim) defines these targets, also after the installed tree was moved:
#   arenashim::arena    libarena.a with <arenashim/arena.h>
#   arenashim::control  <arenashim/arenashim.h>; its functions are weak, so nothing is linked
#   arenashim::shim     libarenashim.so, for LD_PRELOAD: $<TARGET_FILE:arenashim::shim>
get_filename_component(_arenashim_lib "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
get_filename_component(_arenashim_prefix "${CMAKE_CURRENT_LIST_DIR}/@UP@" ABSOLUTE)

if(NOT TARGET arenashim::arena)
  add_library(arenashim::arena STATIC IMPORTED)
  set_target_properties(arenashim::arena PROPERTIES
    IMPORTED_LOCATION "${_arenashim_lib}/libarena.a"
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    INTERFACE_INCLUDE_DIRECTORIES "${_arenashim_prefix}/include")

  add_library(arenashim::control INTERFACE IMPORTED)
  set_target_properties(arenashim::control PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${_arenashim_prefix}/include")

  add_library(arenashim::shim MODULE IMPORTED)
  set_target_properties(arenashim::shim PROPERTIES
    IMPORTED_LOCATION "${_arenashim_lib}/libarenashim.so")
endif()

unset(_arenashim_lib)
unset(_arenashim_prefix)
