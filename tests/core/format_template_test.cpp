#include "session.hpp"
#include "storage/part_formulas.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

u64 bytes_of_format(std::string_view id, const Parameters& parameters, u64 rows, u64 cols) {
  const auto format = catalog().format_template(id, "");
  REQUIRE(format.ok());
  const auto bound = bind_format(*format.value(), parameters, "here");
  REQUIRE(bound.ok());
  Checked sum;
  for (const FormatPart& part : bound.value().parts) sum = sum + part_bytes(part, rows, cols);
  REQUIRE_FALSE(sum.overflowed);
  return sum.value;
}

constexpr u64 up(u64 a, u64 b) { return (a + b - 1) / b; }

}  // namespace

TEST_CASE("a format's parameters are bound by name, and one without a value is an error", "[format_template]") {
  const FormatTemplate& gptq = *catalog().format_template("gptq", "").value();
  CHECK_FALSE(gptq.plain());
  CHECK(catalog().format_template("nf4", "").value()->plain());
  CHECK_FALSE(catalog().format("gptq", "").ok());
  const auto missing = bind_format(gptq, Parameters{{"bits", 4}}, "here");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().where == "here");
  CHECK(missing.error().message.find("group_size") != std::string::npos);
  const auto bound = bind_format(gptq, Parameters{{"bits", 4}, {"group_size", 128}}, "here");
  REQUIRE(bound.ok());
  CHECK(bound.value().parts[0].inputs.pack_bits == 4);
  CHECK(bound.value().parts[1].inputs.group == 128);
  CHECK(bound.value().bias == "fp16");
}

TEST_CASE("a part with a condition is there where its parameter says so", "[format_template]") {
  const FormatTemplate& packed = *catalog().format_template("ct_packed", "").value();
  const auto parts = [&](u32 zero_point, u32 group_index) {
    return bind_format(packed, Parameters{{"bits", 4}, {"group_size", 128}, {"zero_point", zero_point}, {"group_index", group_index}, {dtype_bits, 16}},
                       "").value().parts.size();
  };
  CHECK(parts(0, 0) == 3);
  CHECK(parts(1, 0) == 4);
  CHECK(parts(1, 1) == 5);
}

TEST_CASE("every part of every format is counted by some formula", "[format_template]") {
  // any value serves: which formula is taken depends on what is packed and grouped, not on how much
  const Parameters all{{"bits", 4}, {"group_size", 64}, {"zero_point", 1}, {"group_index", 1}, {dtype_bits, 16}, {"padded_groups", 8}, {"padded_zero_bits", 32},
                       {"padded_scale_bits", 128}, {"bits_of_32", 128}, {"scale_outputs", 128}, {"scale_inputs", 128}, {"static_inputs", 1}, {"scale_bits", 32},
                       {"by_bytes_along_groups", 1}, {"by_tens_along_groups", 1}, {"across_groups", 1}, {"group_bits", 256}, {"by_bytes_along_outputs", 1},
                       {"by_tens_along_outputs", 1}, {"output_scales", 1}, {"input_scales", 1}, {"multiple", 16}, {"tile_scales", 128}, {"codebook_entries",
                           1024},
                       {"code_bits", 16}, {"out_group", 2}, {"in_group", 8}, {"codebooks", 2}, {"entries", 16}, {"pair_entries", 512}, {"matrix_entries",
                           16384},
                       {"vector", 8}, {"index_bits", 2}, {"centroid_entries", 64}, {"residual_entries", 64}, {"permuted", 1}, {"normed", 1}, {"tile_bits",
                           1024},
                       {"thousandths", 4250}, {"second_of_pair", 1}, {"index_words", 24}, {"outliers", 16}, {"outlier_vector", 4}, {"outlier_entries", 64},
                       {"tiles", 64}, {"row_offsets", 65}, {"order", 32}, {"per_word", 10}, {"squares", 1}, {"words", 1}, {"words_along_inputs", 1},
                       {"words_along_outputs", 1}, {"zeros", 1}, {"exponents", 1}, {"wide_scales", 1}, {"narrow_scales", 1}, {"static_outputs", 1},
                       {"wide_inputs", 1}, {"narrow_inputs", 1}, {"input_zero", 1}, {"wide_outputs", 1}, {"narrow_outputs", 1}, {"output_zero", 1}};
  for (const char* id : {"aqlm", "auto_round", "average_bits", "awq_gemm", "awq_gemv", "awq_gemv_fast", "bitnet", "bitnet_unpacked", "bnb_int8", "ct_fp8",
                         "ct_int8", "ct_mxfp",
                         "ct_mxfp8", "ct_nvfp4", "ct_packed", "eetq", "exl3", "fbgemm_fp8", "finegrained_fp4", "finegrained_fp8", "fp_quant",
                             "gemma_embedding", "gemma_linear",
                         "gptq", "higgs", "hqq", "metal", "mlx", "mlx_fp", "modelopt_fp8", "modelopt_int4", "modelopt_int8", "modelopt_mxfp",
                             "modelopt_nvfp4", "mxfp4",
                         "nf4_double_quant", "quanto_8bit", "quanto_packed", "torchao_fp8", "torchao_int4", "torchao_int4_tiles", "torchao_int8",
                             "torchao_intx", "vptq", "spqr", "sinq", "quark"}) {
    CAPTURE(id);
    const FormatTemplate& format = *catalog().format_template(id, "").value();
    const auto bound = bind_format(format, all, "");
    REQUIRE(bound.ok());
    for (const FormatPart& part : bound.value().parts) {
      CAPTURE(part.name);
      CHECK_FALSE(part_bytes(part, 1024, 2048).overflowed);
      CHECK(part_bytes(part, 1024, 2048).value > 0);
    }
  }
}

TEST_CASE("formats have the bytes of the published formulas for any shape, width and group", "[format_template]") {
  u64 seed = 88172645463325252ULL;
  const auto draw = [&seed](u64 least, u64 most) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return least + seed % (most - least + 1);
  };
  for (int turn = 0; turn < 2000; ++turn) {
    const u64 out = draw(1, 9000), in = draw(1, 9000), n = out * in;
    const u32 bits = static_cast<u32>(draw(2, 8)), g = static_cast<u32>(draw(1, 300));
    CAPTURE(out, in, bits, g);
    CHECK(bytes_of_format("gptq", {{"bits", bits}, {"group_size", g}}, out, in) == 4 * up(in * bits, 32) * out + 4 * up(in, g) * up(out * bits, 32) +
          2 * up(in, g) * out + 4 * in);
    CHECK(bytes_of_format("gptq", {{"bits", bits}, {"group_size", 0}}, out, in) == 4 * up(in * bits, 32) * out + 4 * up(out * bits, 32) + 2 * out + 4 * in);
    CHECK(bytes_of_format("awq_gemm", {{"bits", bits}, {"group_size", g}}, out, in) == 4 * in * up(out * bits, 32) + 4 * (in / g) * up(out * bits, 32) +
          2 * (in / g) * out);
    CHECK(bytes_of_format("auto_round", {{"bits_of_32", 32 * bits}, {"group_size", g}}, out, in) ==
          4 * (in / 32) * bits * out + 4 * up(in, g) * (out / 32) * bits + 2 * up(in, g) * out);
    CHECK(bytes_of_format("ct_packed", {{"bits", bits}, {"group_size", g}, {"zero_point", 1}, {"group_index", 0}, {dtype_bits, 16}}, out, in) ==
          4 * out * up(in * bits, 32) + 2 * out * up(in, g) + 4 * up(out * bits, 32) * up(in, g) + 16);
    CHECK(bytes_of_format("finegrained_fp8", {{"scale_outputs", 128}, {"scale_inputs", 128}, {"scale_bits", 32}, {"static_inputs", 0}, {"second_of_pair",
        0}}, out, in) ==
          n + 4 * up(out, 128) * up(in, 128));
    CHECK(bytes_of_format("finegrained_fp8", {{"scale_outputs", 0}, {"scale_inputs", 0}, {"scale_bits", 32}, {"static_inputs", 1}, {"second_of_pair", 0}},
                          out, in) == n + 8);
    const auto pair = [&](u32 second) {
      return bytes_of_format("finegrained_fp8", {{"scale_outputs", 128}, {"scale_inputs", 128}, {"scale_bits", 32}, {"static_inputs", 0}, {"second_of_pair",
          second}}, out, in);
    };
    CHECK(pair(0) + pair(1) == 2 * n + 4 * std::max<u64>(2, up(2 * out, 128)) * up(in, 128));
    CHECK(bytes_of_format("torchao_int4_tiles", {{"group_size", 64}, {"tile_scales", 256}, {dtype_bits, 16}}, out, in) ==
          up(out, 8) * 8 * up(in, 1024) * 1024 / 2 + 4 * (up(in, 1024) * 1024 / 64) * up(out, 8) * 8);
    CHECK(bytes_of_format("bitnet", {{dtype_bits, 16}}, out, in) == out / 4 * in + 2);
    CHECK(bytes_of_format("mlx", {{"bits", bits}, {"group_size", 32}, {dtype_bits, 16}}, out, 32 * in) == 4 * out * in * bits + 4 * out * in);
    CHECK(bytes_of_format("ct_nvfp4", {{"static_inputs", 1}}, out, 16 * in) == out * 8 * in + out * in + 8);
    CHECK(bytes_of_format("average_bits", {{"thousandths", 4250}}, out, in) == up(up(n, 1000) * 4250, 8));
  }
}
