# The SDK store keeps one folder per version; a cached answer of another version is dropped.
set(NROS_SDK "$ENV{HOME}/.nros/sdk/${NROS_SDK_VERSION}")
if(NOT "${Corrosion_DIR}" MATCHES "^${NROS_SDK}/")
  unset(Corrosion_DIR CACHE)
endif()
find_package(Corrosion REQUIRED PATHS "${NROS_SDK}/corrosion" NO_DEFAULT_PATH)
