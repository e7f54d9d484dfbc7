#include "read_headers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { return read_headers("model.safetensors.index.json", data, size); }
