# rt0_room(NAME emulator_cpu SOURCES a.cpp … DEPS emulator_base … [LIBS fmt::fmt …])
# A room is a static library; its folder, CMake target and namespace carry one name. DEPS are the rooms that it may
# include; tests/rooms checks every #include against them. LIBS are outside libraries.
function(rt0_room)
  cmake_parse_arguments(ROOM "" "NAME" "SOURCES;DEPS;LIBS" ${ARGN})
  add_library(${ROOM_NAME} STATIC ${ROOM_SOURCES})
  target_include_directories(${ROOM_NAME} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${ROOM_NAME} PUBLIC ${ROOM_DEPS} PRIVATE ${ROOM_LIBS})
endfunction()

# rt0_test(NAME cpu_test SOURCES flags_test.cpp … DEPS emulator_cpu …): one Catch2 binary, each TEST_CASE a ctest entry.
function(rt0_test)
  cmake_parse_arguments(TEST "" "NAME" "SOURCES;DEPS;LIBS;LABELS" ${ARGN})
  add_executable(${TEST_NAME} ${TEST_SOURCES} $<TARGET_OBJECTS:rt0_test_main>)
  target_include_directories(${TEST_NAME} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${TEST_NAME} PRIVATE ${TEST_DEPS} ${TEST_LIBS} Catch2::Catch2 fmt::fmt)
  if(NOT TEST_LABELS)
    set(TEST_LABELS fast)
  endif()
  catch_discover_tests(${TEST_NAME} TEST_PREFIX "${TEST_NAME}: " PROPERTIES LABELS "${TEST_LABELS}" TIMEOUT 600)
endfunction()
