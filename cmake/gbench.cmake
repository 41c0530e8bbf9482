# asyncbench-gbench: Google Benchmark's own front end over the same cells, the project's only C++. Without its library
# or a C++ compiler all else builds, and one line says what is missing.
include(CheckLanguage)
pkg_check_modules(GBENCH QUIET IMPORTED_TARGET benchmark>=1.7)
set(reason "")
if(NOT GBENCH_FOUND)
  set(reason "pkg-config does not know benchmark 1.7; install libbenchmark-dev")
else()
  check_language(CXX)
  if(NOT CMAKE_CXX_COMPILER)
    set(reason "there is no C++ compiler; install g++")
  endif()
endif()
if(reason)
  message(STATUS "asyncbench-gbench: no: ${reason}")
  return()
endif()
message(STATUS "asyncbench-gbench: yes")
enable_language(CXX)

# How a repetition is kept to one sample: an option whose values changed with 1.8.
if(GBENCH_VERSION VERSION_LESS 1.8)
  set(one_sample "0")
else()
  set(one_sample "1x")
endif()
add_executable(asyncbench-gbench harness/gbench/main.cc harness/gbench/gbench.c)
set_target_properties(asyncbench-gbench PROPERTIES CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
target_compile_definitions(asyncbench-gbench PRIVATE AB_GBENCH_ONE_SAMPLE="${one_sample}")
target_compile_options(asyncbench-gbench PRIVATE
                       $<$<COMPILE_LANGUAGE:CXX>:-Wmissing-declarations -Wold-style-cast -Woverloaded-virtual
                       -Wnon-virtual-dtor>)
target_link_libraries(asyncbench-gbench PRIVATE ab_driver PkgConfig::GBENCH)
