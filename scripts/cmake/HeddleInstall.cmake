# cmake --install, and the Debian package (cpack in the build folder). Everything is found relative to
# the commands, so the prefix can be moved.
include(GNUInstallDirs)

install(PROGRAMS sim/wrapper/heddle-cargo DESTINATION bin)
install(TARGETS heddle heddle-cc RUNTIME DESTINATION bin)
install(CODE "file(CREATE_LINK heddle-cc \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/heddle-c++ SYMBOLIC)")

install(FILES src/dispatch/include/heddle/host.h sim/trace/record/heddle_trace_recorder.h
        sim/testing/include/heddle/runtime.h sim/testing/include/heddle/explore.h
        sim/testing/include/heddle/gtest.h
        DESTINATION include/heddle)
install(DIRECTORY sim/trace/record/rust sim/trace/record/zig DESTINATION share/heddle/record)
install(FILES scenarios/scenario.schema.json reports/run.schema.json reports/replay.schema.json
        DESTINATION share/heddle/schemas)
install(DIRECTORY scenarios DESTINATION share/heddle FILES_MATCHING PATTERN "*.yaml" PATTERN "*.json" PATTERN "traces/*")

install(PROGRAMS scripts/campaign.sh scripts/campaign.sbatch DESTINATION share/heddle)
install(FILES scripts/campaign.k8s.yaml DESTINATION share/heddle)
install(DIRECTORY scripts/ci DESTINATION share/heddle)

# Hosts, which scenarios run in, keep their lines: programs are not stripped.
install(PROGRAMS $<TARGET_FILE:heddle-host> DESTINATION lib/heddle)

if(HEDDLE_FLAVOURS)
  foreach(flavour det tsan asan)
    install(PROGRAMS $<TARGET_FILE:heddle-host-${flavour}> DESTINATION lib/heddle)
    install(FILES $<TARGET_FILE:heddle-runtime-${flavour}> DESTINATION lib/heddle)
    set(FLAVOUR ${flavour})
    set(WRAP wrap.txt)
    set(SANITIZERS "-fno-sanitize-link-runtime")
    set(kind thread)
    if(flavour STREQUAL "tsan")
      set(WRAP wrap-tsan.txt)
      set(SANITIZERS "-fsanitize=thread -fsanitize-link-c++-runtime")
    elseif(flavour STREQUAL "asan")
      set(SANITIZERS "-fsanitize=address,undefined -fsanitize-link-c++-runtime")
      set(kind address)
    endif()
    heddle_flags_(${kind} CFLAGS)
    set(AT "@")
    configure_file(scripts/cmake/heddle.pc.in heddle-link/heddle-${flavour}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/heddle-link/heddle-${flavour}.pc DESTINATION share/pkgconfig)
  endforeach()
  install(TARGETS heddle-explore LIBRARY DESTINATION lib/heddle/modules)
  foreach(file exports wrap wrap-tsan wrap-shared wrap-shared-tsan)
    install(FILES ${CMAKE_BINARY_DIR}/heddle-link/${file}.txt DESTINATION lib/heddle)
  endforeach()
  install(FILES sim/runtime/weak_exchange.h DESTINATION lib/heddle)
  install(FILES sim/cmake/HeddleInstrument.cmake scripts/cmake/HeddleConfig.cmake
          DESTINATION lib/cmake/Heddle)
  include(CMakePackageConfigHelpers)
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/heddle-link/HeddleConfigVersion.cmake
                                   COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
  install(FILES ${CMAKE_BINARY_DIR}/heddle-link/HeddleConfigVersion.cmake DESTINATION lib/cmake/Heddle)
endif()

# The man pages and the completions come from the command itself, when it is installed.
set(pages ${CMAKE_BINARY_DIR}/pages)
add_custom_command(
  OUTPUT ${pages}/heddle.1.gz ${pages}/heddle-cc.1.gz ${pages}/heddle ${pages}/_heddle ${pages}/heddle.fish
         ${pages}/changelog.gz
  COMMAND ${CMAKE_COMMAND} -E make_directory ${pages}
  COMMAND sh -c "'$<TARGET_FILE:heddle>' help --man | gzip -9n > '${pages}/heddle.1.gz'"
  COMMAND sh -c "gzip -9nc '${PROJECT_SOURCE_DIR}/sim/wrapper/heddle-cc.1' > '${pages}/heddle-cc.1.gz'"
  COMMAND sh -c "gzip -9nc '${PROJECT_SOURCE_DIR}/scripts/cmake/changelog' > '${pages}/changelog.gz'"
  COMMAND sh -c "'$<TARGET_FILE:heddle>' help --completion bash > '${pages}/heddle'"
  COMMAND sh -c "(echo '#compdef heddle' && '$<TARGET_FILE:heddle>' help --completion zsh) > '${pages}/_heddle'"
  COMMAND sh -c "'$<TARGET_FILE:heddle>' help --completion fish > '${pages}/heddle.fish'"
  DEPENDS heddle sim/wrapper/heddle-cc.1 scripts/cmake/changelog
  COMMENT "Writing man pages and completions" VERBATIM)
add_custom_target(heddle-pages ALL DEPENDS ${pages}/heddle.1.gz)
install(FILES ${pages}/heddle.1.gz ${pages}/heddle-cc.1.gz DESTINATION share/man/man1)
foreach(name heddle-c++ heddle-cargo)
  install(CODE "file(CREATE_LINK heddle-cc.1.gz \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/man/man1/${name}.1.gz SYMBOLIC)")
endforeach()
install(FILES ${pages}/heddle DESTINATION share/bash-completion/completions)
install(FILES ${pages}/_heddle DESTINATION share/zsh/vendor-completions)
install(FILES ${pages}/heddle.fish DESTINATION share/fish/vendor_completions.d)
install(FILES ${pages}/changelog.gz DESTINATION share/doc/heddle)
install(FILES scripts/cmake/lintian-overrides DESTINATION share/lintian/overrides RENAME heddle)
install(FILES scripts/cmake/copyright README.md DESTINATION share/doc/heddle)
install(FILES sim/README.md DESTINATION share/doc/heddle RENAME using-heddle.md)

# All that is installed: cmake --build BUILD --target heddle-package-files; then cmake --install, or cpack.
add_custom_target(heddle-package-files)
add_dependencies(heddle-package-files heddle heddle-cc heddle-host heddle-pages)
if(HEDDLE_FLAVOURS)
  add_dependencies(heddle-package-files heddle-explore heddle-host-det heddle-host-tsan heddle-host-asan)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME heddle)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Heddle's authors <heddle@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "deterministic simulation and race reproduction for C and C++")
set(CPACK_PACKAGE_DESCRIPTION "Heddle takes control of the threads, the clock and the input and output of an
unmodified program, searches its interleavings, and writes each bug that it
finds into a schedule: a small file that reproduces the bug in every run.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The compiler of the user's programs, its sanitizers, and the symbolizer of reports.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "clang-14 | clang, libclang-rt-14-dev, llvm-14")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, gdb, pkg-config")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
    GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
