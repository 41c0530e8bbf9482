# A runtime in Rust: the crate runtimes/NAME/Cargo.toml as a static library.
#
# Cargo works in the build folder alone: CARGO_HOME, the target folder, a copy of Cargo.toml and the lock file are
# there. Crates come from Debian's packages where they hold those that NAME asks for, else from crates.io. A lock
# file made from the one is refused with the other (Debian's crates have no checksums), so none is kept.
set(AB_CARGO_REGISTRY /usr/share/cargo/registry CACHE PATH "Folder of Debian's Rust crates")
option(AB_CARGO_OFFLINE "Never ask crates.io" OFF)

# cargo in the environment of folder HOME, without flags of the caller's: no target-cpu in what is measured. Paths
# in messages are those of the tree.
function(ab_cargo_command out home)
  set(${out} ${CMAKE_COMMAND} -E env --unset=CARGO_ENCODED_RUSTFLAGS --unset=CARGO_BUILD_RUSTFLAGS
      --unset=RUSTC_WRAPPER "RUSTFLAGS=--remap-path-prefix=${CMAKE_SOURCE_DIR}/=" CARGO_HOME=${home}/home
      CARGO_TARGET_DIR=${home}/target ${CARGO_PROGRAM} PARENT_SCOPE)
endfunction()

# Write the copy of Cargo.toml and where crates come from; OUT is the words that cargo needs for it.
function(ab_cargo_prepare out name home crates)
  set(source ${CMAKE_SOURCE_DIR}/runtimes/${name})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source}/Cargo.toml)
  file(READ ${source}/Cargo.toml manifest)
  string(REPLACE "path = \"lib.rs\"" "path = \"${source}/lib.rs\"" manifest "${manifest}")
  set(offline --offline)
  set(config "[source.crates-io]\nreplace-with = \"debian\"\n[source.debian]\ndirectory = \"${AB_CARGO_REGISTRY}\"\n")
  foreach(crate IN LISTS crates)
    file(GLOB found ${AB_CARGO_REGISTRY}/${crate}-[0-9]*)
    if(NOT found)
      set(config "")
      if(NOT AB_CARGO_OFFLINE)
        set(offline "")
      endif()
    endif()
  endforeach()
  # written only when it changes: cargo builds again what is newer
  file(CONFIGURE OUTPUT ${home}/Cargo.toml CONTENT "${manifest}" @ONLY)
  file(CONFIGURE OUTPUT ${home}/home/config.toml CONTENT "${config}" @ONLY)
  file(REMOVE ${home}/Cargo.lock)
  set(${out} ${offline} --manifest-path ${home}/Cargo.toml PARENT_SCOPE)
endfunction()

# OUT is why the packages of METADATA cannot be built by RUSTC (a version), or empty.
function(ab_cargo_too_old out rustc metadata count)
  set(${out} "" PARENT_SCOPE)
  foreach(i RANGE ${count})
    string(JSON wants ERROR_VARIABLE none GET "${metadata}" packages ${i} rust_version)
    if(wants MATCHES "^[0-9.]+$" AND rustc VERSION_LESS wants)
      string(JSON crate GET "${metadata}" packages ${i} name)
      string(JSON version GET "${metadata}" packages ${i} version)
      set(${out} "rustc ${rustc} is older than ${wants}, which ${crate} ${version} asks for" PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# The year in which the crate in FOLDER was released, as its own change log says; 0 when it does not.
function(ab_cargo_released out folder version)
  set(${out} 0 PARENT_SCOPE)
  if(EXISTS ${folder}/CHANGELOG.md)
    file(STRINGS ${folder}/CHANGELOG.md headings REGEX "^# ${version} \\(")
    if(headings MATCHES "([0-9][0-9][0-9][0-9])\\)")
      set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
    endif()
  endif()
endfunction()

# NAME_crates.h in HOME: what was resolved, as text for `describe`. The first of CRATES is the runtime itself.
function(ab_cargo_versions name home metadata count crates)
  list(GET crates 0 main)
  string(TOUPPER ${name} prefix)
  set(words "")
  foreach(i RANGE ${count})
    string(JSON crate GET "${metadata}" packages ${i} name)
    string(JSON version GET "${metadata}" packages ${i} version)
    string(JSON source ERROR_VARIABLE none GET "${metadata}" packages ${i} source)
    if(source) # not our own
      list(APPEND words "${crate} ${version}")
    endif()
    if(crate STREQUAL main)
      string(JSON manifest GET "${metadata}" packages ${i} manifest_path)
      get_filename_component(folder ${manifest} DIRECTORY)
      ab_cargo_released(released ${folder} ${version})
      set(main_version ${version})
    endif()
  endforeach()
  list(JOIN words ", " words)
  file(CONFIGURE OUTPUT ${home}/${name}_crates.h CONTENT "/* Written by cmake/cargo.cmake. */
#define ${prefix}_VERSION \"${main_version}\"
#define ${prefix}_RELEASED ${released}
#define ${prefix}_CRATES \"${words}\"
" @ONLY)
endfunction()

# A rule that builds OUTPUT from the crate with FEATURES, after DEPENDS: one cargo at a time in a folder.
function(ab_cargo_rule name home words output features)
  ab_cargo_command(cargo ${home})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/runtimes/${name}/*.rs)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${cargo} build --release --quiet ${words} --features=${features}
    COMMAND ${CMAKE_COMMAND} -E copy ${home}/target/release/libasyncbench_${name}.a ${output}
    DEPENDS ${sources} ${home}/Cargo.toml ${home}/home/config.toml ${ARGN}
    COMMENT "cargo builds ${output}"
    VERBATIM)
endfunction()

# Targets NAME-crate and NAME-crate-mutants, libraries to link; ab_cargo_NAME is the command that runs cargo there, for
# tests. REASON is empty, or why they are not there.
function(ab_cargo reason name crates)
  set(home ${CMAKE_BINARY_DIR}/cargo-${name})
  set(${reason} "" PARENT_SCOPE)
  if(AB_SANITIZE MATCHES "thread")
    set(${reason} "ThreadSanitizer does not see into Rust's standard library and would report races that are none" PARENT_SCOPE)
    return()
  endif()
  find_program(CARGO_PROGRAM cargo PATHS ENV PATH NO_DEFAULT_PATH NO_CACHE)
  if(NOT CARGO_PROGRAM)
    set(${reason} "cargo is not on PATH" PARENT_SCOPE)
    return()
  endif()
  ab_cargo_prepare(words ${name} ${home} "${crates}")
  ab_cargo_command(cargo ${home})
  execute_process(COMMAND rustc --version --verbose OUTPUT_VARIABLE rustc ERROR_QUIET)
  string(REGEX REPLACE ".*host: ([^\n]*).*" "\\1" host "${rustc}")
  string(REGEX REPLACE ".*release: ([0-9.]*).*" "\\1" rustc "${rustc}")
  execute_process(COMMAND ${cargo} metadata --format-version 1 --filter-platform ${host} ${words}
                  RESULT_VARIABLE failed OUTPUT_VARIABLE metadata ERROR_VARIABLE errors)
  if(failed)
    string(REGEX MATCH "error: [^\n]*" error "${errors}")
    string(REGEX REPLACE "[^A-Za-z0-9 .:`,_-]" "" error "${error}")
    set(${reason} "cargo finds no crates: ${error}" PARENT_SCOPE)
    return()
  endif()
  string(JSON count LENGTH "${metadata}" packages)
  math(EXPR count "${count} - 1")
  ab_cargo_too_old(too_old ${rustc} "${metadata}" ${count})
  if(too_old)
    set(${reason} "${too_old}" PARENT_SCOPE)
    return()
  endif()
  ab_cargo_versions(${name} ${home} "${metadata}" ${count} "${crates}")

  set_property(GLOBAL PROPERTY ab_cargo_${name} ${cargo} build --release --quiet ${words})
  ab_cargo_rule(${name} ${home} "${words}" ${home}/lib${name}.a "")
  ab_cargo_rule(${name} ${home} "${words}" ${home}/lib${name}-mutants.a mutants ${home}/lib${name}.a)
  add_custom_target(${name}-cargo DEPENDS ${home}/lib${name}.a)
  add_custom_target(${name}-cargo-mutants DEPENDS ${home}/lib${name}-mutants.a)
  foreach(kind "" -mutants)
    add_library(${name}-crate${kind} INTERFACE)
    add_dependencies(${name}-crate${kind} ${name}-cargo${kind})
    target_include_directories(${name}-crate${kind} INTERFACE ${home})
    target_link_libraries(${name}-crate${kind} INTERFACE ${home}/lib${name}${kind}.a ab_sample ${CMAKE_DL_LIBS} m)
  endforeach()
endfunction()
