# The SDK store keeps one folder per version.
set(NROS_SDK "$ENV{HOME}/.nros/sdk/${NROS_SDK_VERSION}")
find_package(Corrosion REQUIRED PATHS "${NROS_SDK}/corrosion" NO_DEFAULT_PATH)
