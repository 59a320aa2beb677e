# cmake -DCMAKE_PROJECT_kinds_INCLUDE=FOLDER/outside.cmake: read when the project begins, done when all
# of it has been read.
find_package(Heddle REQUIRED)
cmake_language(DEFER CALL heddle_instrument kinds WITH_DEPENDENCIES)
cmake_language(DEFER CALL heddle_instrument plugin)
