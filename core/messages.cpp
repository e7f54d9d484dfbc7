#include "messages.hpp"

#include <array>
#include <charconv>

namespace plimsoll {
namespace {

struct Text {
  ErrorCode code;           // of a notice: unused
  std::string_view notice;  // the notice's code; empty for an error
  std::string_view en, hint, zh, hint_zh;
};

constexpr Text error(ErrorCode code, std::string_view en, std::string_view hint, std::string_view zh, std::string_view hint_zh) {
  return {code, {}, en, hint, zh, hint_zh};
}
constexpr Text notice(std::string_view code, std::string_view en, std::string_view zh) { return {{}, code, en, {}, zh, {}}; }

using enum ErrorCode;

constexpr auto texts = std::to_array<Text>({
    error(empty_input, "The text is empty.", "Paste the whole config.json of the model.", "内容为空。", "请粘贴模型完整的 config.json。"),
    error(invalid_json, "This is not JSON (line {0}, column {1}).",
     "Check the text near that place. If you saved a web page, use its \"raw\" link.", "这不是 JSON（第 {0} 行，第 {1} 列）。",
     "请检查该位置附近的内容。如果保存的是网页，请改用 “raw” 链接。"),
    error(too_large, "The text has {0} bytes; the limit is {1}.", "A config.json has a few kilobytes: give that file, not the weights.",
     "内容有 {0} 字节，上限为 {1}。", "config.json 通常只有几 KB：请提供该文件，而不是权重文件。"),
    error(missing_field, "\"{0}\" is missing.", "Add \"{0}\".", "缺少 “{0}”。", "请补上 “{0}”。"),
    error(wrong_type, "Expected a JSON object with named values, found {0}.", "Give an object: { \"key\": value, ... }.",
     "此处应为 JSON 对象，实际为 {0}。", "请提供对象：{ \"键\": 值, ... }。"),
    error(wrong_type, "Expected {0}, found {1}.", "Write {0} here.", "此处应为 {0}，实际为 {1}。", "请在此处填写 {0}。"),
    error(wrong_type, "Expected a whole number, found {0}.", "Write a whole number without fraction or quotation marks.",
     "此处应为整数，实际为 {0}。", "请填写不带小数和引号的整数。"),
    error(out_of_range, "{0} is below {1}, the least that makes sense here.", "Give at least {1}.", "{0} 小于此处的下限 {1}。",
     "请填写不小于 {1} 的值。"),
    error(out_of_range, "{0} is above {1}, the most that is accepted here.", "Give at most {1}.", "{0} 超过此处的上限 {1}。",
     "请填写不大于 {1} 的值。"),
    error(out_of_range, "The list has {0} entries for {1} layers.", "Give one entry for each layer.", "列表有 {0} 项，而模型有 {1} 层。",
     "请为每一层各给一项。"),
    error(out_of_range, "\"{0}\" is not known here.", "Use one of: {1}.", "此处不支持 “{0}”。", "可用的值：{1}。"),
    error(missing_field, "config.json names no model_type.", "Paste the config.json of a Transformers model: it has a key \"model_type\".",
     "config.json 中没有 model_type。", "请粘贴 Transformers 模型的 config.json，其中应有 “model_type”。"),
    error(unknown_model_type, "model_type \"{0}\" is not supported yet.", "The nearest supported type is \"{1}\". Set model_type to it only if the architecture is the same.",
     "尚不支持 model_type “{0}”。", "最接近的已支持类型是 “{1}”。仅当结构相同时，才可改用该类型。"),
    error(unknown_id, "There is no {0} \"{1}\" in the catalogue.", "Did you mean \"{2}\"?", "目录中没有 {0} “{1}”。", "是否指 “{2}”？"),
    error(unknown_id, "\"{0}\" is not a key of this object.", "Remove it, or use one of: {1}.", "此对象没有名为 “{0}” 的键。", "请删除它，或使用：{1}。"),
    error(unsupported_combination, "Give the model in exactly one way.", "Use one of \"preset\", \"config\" and \"parameter_count\".",
     "模型只能用一种方式给出。", "请在 “preset”、“config” 和 “parameter_count” 中选择一种。"),
    error(out_of_range, "\"{0}\" is not a number of parameters.", "Write for example 7B, 13b, 70 B or 7e9.", "“{0}” 不是参数量。",
     "例如：7B、13b、70 B、7e9 或 70亿。"),
    error(does_not_divide, "{0} query heads cannot share {1} key/value heads evenly.", "num_attention_heads must be a multiple of num_key_value_heads.",
     "{0} 个查询头无法均分 {1} 个键值头。", "num_attention_heads 必须是 num_key_value_heads 的整数倍。"),
    error(does_not_divide, "{0} heads cannot be split over {1} GPUs.", "Use one of: {2}.", "{0} 个头无法分到 {1} 张卡上。", "可用的卡数：{2}。"),
    error(does_not_divide, "{0} is not a multiple of {1}.", "Give a multiple of {1}.", "{0} 不是 {1} 的整数倍。", "请填写 {1} 的整数倍。"),
    error(overflow, "The result is larger than can be counted.", "Check the sizes: one of them is far too large.", "结果过大，无法计数。",
     "请检查各项数值，其中至少一项过大。"),
    error(out_of_range, "prompt_tokens {0} is longer than max_model_len {1}.", "The prompt is part of the context: give at most {1}.",
     "prompt_tokens {0} 超过 max_model_len {1}。", "提示词包含在上下文之内：请填写不大于 {1} 的值。"),
    error(unsupported_combination, "tensor_parallel_size {0} does not match {1} devices.", "Leave one of the two out, or make them equal.",
     "tensor_parallel_size {0} 与 {1} 张卡不一致。", "请省略其中一个，或使两者相等。"),
    error(unsupported_combination, "The memory of \"{0}\" is not known.", "Choose another device.", "“{0}” 的显存容量未知。", "请选择其他设备。"),
    error(unknown_id, "There is no kind \"{0}\" here.", "Use one of: {1}.", "此处没有名为 “{0}” 的类型。", "可用的类型：{1}。"),
    error(unknown_id, "The file \"{0}\" cannot be read.", "Check the path.", "无法读取文件 “{0}”。", "请检查路径。"),
    error(unsupported_combination, "{0} does not step a tensor of shape {1} with these options.", "Give that tensor to another optimizer, or change the options.",
     "在当前选项下，{0} 不能更新形状为 {1} 的张量。", "请为该张量选择其他优化器，或更改选项。"),
    error(unsupported_combination, "The base of QLoRA is quantised; {0} is not.", "Choose a quantised format such as nf4, or the method \"lora\".",
     "QLoRA 的基座须为量化格式，{0} 不是。", "请选择 nf4 等量化格式，或改用方法 “lora”。"),
    error(unsupported_combination, "Weights in {0} do not go with the precision \"{1}\", which keeps them in {2}.",
     "Leave weight_format out, choose another precision, or take the method \"qlora\" for a quantised base.",
     "{0} 格式的权重与精度方案 “{1}” 不符：该方案以 {2} 保存权重。", "请省略 weight_format、更换精度方案，或为量化基座选择方法 “qlora”。"),
    error(unsupported_combination, "Training is computed for one device; {0} were asked for.", "Ask for one device.",
     "训练目前只按单张卡计算，而请求了 {0} 张。", "请改为单张卡。"),
    error(unsupported_combination, "{0} is a format of weights: its scales are counted over whole tensors, which a cache has not.", "Use one of: {1}.",
     "{0} 是权重格式：其缩放因子按整个张量计算，缓存没有这样的张量。", "可用的格式：{1}。"),
    error(unknown_id, "No module of this model is called \"{0}\".", "Use names of: {1}.", "该模型中没有名为 “{0}” 的模块。", "可用的名称：{1}。"),
    error(missing_field, "No matrix is left that could get an adapter.", "Name some of: {0}, or use \"all-linear\".", "没有可以添加适配器的矩阵。",
     "请指定其中一些：{0}，或使用 “all-linear”。"),
    error(unsupported_combination, "\"{0}\" and \"{1}\" of the experts are one tensor: one of the two alone cannot get an adapter.", "Name \"{1}\" as well, or leave \"{0}\" out.",
     "专家的 “{0}” 与 “{1}” 是同一个张量：不能只为其中之一添加适配器。", "请同时指定 “{1}”，或去掉 “{0}”。"),
    error(unsupported_combination, "Adapters of stacked experts or of a router cannot be combined with {0}.",
     "Turn {0} off, or give target_modules without experts and router, some of: {1}.", "堆叠专家或路由器的适配器不能与 {0} 同时使用。",
     "请关闭 {0}，或在 target_modules 中不要包含专家和路由器，可选：{1}。"),
    error(unsupported_combination, "{0} kernels are not counted with {1}.", "Choose {2}, or other kernels.", "{0} 内核不能与 {1} 一同计算。",
     "请选择 {2}，或更换内核。"),
    error(unsupported_combination, "{0} has no layer like that of {1}: {2}.", "Choose other kernels.", "{0} 没有与 {1} 相同的层：{2}。", "请更换内核。"),
    error(unsupported_combination, "llama-quantize cannot make {0} of this model: rows of {1} have {2} elements, which blocks of {3} do not divide.", "Choose another file type.",
     "llama-quantize 无法为该模型生成 {0}：{1} 每行有 {2} 个元素，不能被每块 {3} 个元素整除。", "请选择其他文件类型。"),
    error(unsupported_combination, "llama.cpp's converter does not know \"{0}\": a GGUF file of it cannot be foreseen.", "Choose another format of the weights.",
     "llama.cpp 的转换脚本不支持 “{0}”：无法推算其 GGUF 文件。", "请选择其他权重格式。"),
    error(unsupported_combination, "A model is not trained in {0}, a type of GGUF files.", "Choose a format that the training program can load.",
     "模型不能以 GGUF 文件类型 {0} 训练。", "请选择训练程序可以加载的格式。"),
    error(unsupported_combination, "Everything is frozen: nothing is left to train.", "Freeze fewer modules or layers.", "所有部分都被冻结：没有可训练的内容。",
     "请减少冻结的模块或层。"),
    error(unsupported_combination, "With the reentrant checkpoint no gradient reaches the layers: the embeddings are frozen and their output asks for none.",
     "Set enable_input_require_grads to true, or use_reentrant to false.", "使用 reentrant 检查点时梯度到不了任何层：嵌入已冻结，其输出不要求梯度。",
     "请将 enable_input_require_grads 设为 true，或将 use_reentrant 设为 false。"),
    error(unsupported_combination, "Packed sequences are counted with FlashAttention alone: {0} attention needs a mask of all tokens against all.",
     "Set attention to \"flash_attention_2\", or packing to false.", "打包序列仅按 FlashAttention 计算：{0} 注意力需要所有 token 两两之间的掩码。",
     "请将 attention 设为 \"flash_attention_2\"，或将 packing 设为 false。"),
    error(unsupported_combination, "Parameters cannot be stepped in backward with {0}: the gradient is gone by then.",
     "Turn optimizer_in_backward off, or change the other.", "在反向传播中更新参数不能与 {0} 同时使用：届时梯度已不存在。",
     "请关闭 optimizer_in_backward，或更改另一项。"),
    error(unsupported_combination, "The objective {0} is not counted with {1}.", "Change one of the two.", "训练目标 {0} 不能与 {1} 一同计算。", "请更改其中一项。"),
    error(unsupported_combination, "The teacher has {0} words, the model {1}: their distributions cannot be compared.", "Choose a teacher with the same vocabulary.",
     "教师模型的词表大小为 {0}，学生为 {1}：两者的分布无法比较。", "请选择词表相同的教师模型。"),
    // notices
    notice("class_default", "config.json does not state {0}: the defaults of the model class are used.",
            "config.json 未给出 {0}：采用该模型类的默认值。"),
    notice("context_clamped", "The context was set to {0}, the longest this model was made for.",
            "上下文已设为该模型支持的最大长度 {0}。"),
    notice("past_model_length", "{0} tokens are more than the {1} positions this model was made for.",
            "{0} 个 token 超过该模型设计的 {1} 个位置。"),
    notice("dtype_assumed", "config.json names no data type: {0} is assumed.",
            "config.json 未说明数据类型：按 {0} 计算。"),
    notice("quantized_checkpoint", "The checkpoint is stored quantised ({0}). Its scales and its tensors kept in 16 bit are not counted: {1} is taken for every tensor.",
            "该检查点以量化形式存储（{0}）。未计入缩放因子和保留为 16 位的张量：所有张量均按 {1} 计算。"),
    notice("uniform_format", "{0} is taken for every tensor, without scales. Real {0} files are larger: they store scales and keep some tensors in 16 bit.",
            "所有张量均按 {0} 计算，不含缩放因子。实际的 {0} 文件更大：还要存储缩放因子，部分张量保留 16 位。"),
    notice("typical_architecture", "Only the parameter count is known. Assumed: {0}.",
            "仅知道参数量。假定的结构：{0}。"),
    notice("overhead_assumed", "No measurement of the runtime's own memory on {0} is known: the figure of CUDA is used.",
            "没有 {0} 上运行时自身开销的测量值：采用 CUDA 的数值。"),
    notice("usable_estimated", "The usable memory of {0} was not measured: it is estimated from cards of its class.",
            "{0} 的可用显存没有实测值：按同类显卡估算。"),
    notice("mtp_apart", "The checkpoint also holds {0} multi-token prediction layer(s). Transformers does not load them; they are not counted.",
            "检查点中还有 {0} 个多 token 预测 (MTP) 层。Transformers 不加载它们，因此未计入。"),
    notice("cache_format_idealised", "The KV cache is counted at exactly {0} for each element, without scales. The prompt pass and the attention still work in {1}.",
            "KV 缓存按每个元素恰为 {0} 计算，不含缩放因子。预填充和注意力仍以 {1} 计算。"),
    notice("eager_only", "This model class has no SDPA path in Transformers: {0} attention is used.",
            "该模型类在 Transformers 中不支持 SDPA：采用 {0} 注意力。"),
    notice("program_targets", "{0} names no adapters' targets that fit this model: {1} are taken.", "{0} 默认的适配器目标不适用于该模型：改用 {1}。"),
    notice("experts_not_quantised", "{0} does not quantise the experts: Transformers holds them as fused tensors, which stay in {1} and take {2} bytes.",
            "{0} 不量化专家：Transformers 将其存为合并的张量，仍为 {1}，占 {2} 字节。"),
    notice("kernels_unpatched", "Liger has no kernels for \"{0}\": its modules run as Transformers has them.",
            "Liger 没有适用于 “{0}” 的内核：按 Transformers 自身的模块计算。"),
    notice("kernels_assumed", "What torch.compile keeps for backward is assumed, as its partitioner was read on a CPU. Public figures lie from 15 % below to 10 % above.",
            "torch.compile 为反向传播保留的内容为假定值：取自在 CPU 上读出的其划分结果。公开数据在低 15 % 到高 10 % 之间。"),
    notice("int8_product_refuses", "The int8 product of bitsandbytes takes inputs of at most three axes. This model's latent attention hands it four in Transformers: a forward pass on CUDA stops with an error.",
            "bitsandbytes 的 int8 乘法只接受至多三个轴的输入，而该模型的潜在注意力在 Transformers 中传入四个轴：CUDA 上的前向计算会报错中止。"),
    notice("dora_not_counted", "What DoRA keeps for backward beside an adapter is not counted: a real step needs more.",
            "未计入 DoRA 为反向传播在适配器之外保留的内容：实际所需更多。"),
    notice("products_not_counted", "What a product with a quantised weight makes while it runs, such as the weight in 16 bit, is not counted in the moments.",
            "各时刻未计入量化权重参与运算时产生的临时数据，例如还原为 16 位的权重。"),
    notice("llama_file_type", "{0} is a type of GGUF files: each tensor has the type that llama-quantize gives it, and tensors take {1} bytes of the file, which also holds the tokenizer. What comes beside the weights is still Transformers', not llama.cpp's.",
            "{0} 是 GGUF 文件类型：每个张量采用 llama-quantize 为其选择的类型，张量在文件中占 {1} 字节，文件另含分词器。权重之外的部分仍按 Transformers 而非 llama.cpp 计算。"),
    notice("imatrix_needed", "llama-quantize refuses to make {0} without an importance matrix: these sizes are of a file that nobody has.",
            "没有重要性矩阵时，llama-quantize 拒绝生成 {0}：此处的大小对应一个不存在的文件。"),
    notice("generation_not_counted", "Completions are generated between steps: that moment, with its KV cache or vLLM's share of the device, is not among these.",
            "补全在各步之间生成：该时刻及其 KV 缓存或 vLLM 占用的显存不在此列。"),
    notice("teacher_type_assumed", "The teacher is taken to be loaded in {0}, as the trained weights are.", "假定教师模型以 {0} 加载，与训练的权重相同。"),
});
static_assert(texts.size() == static_cast<std::size_t>(Say::count_));

std::string fill(std::string_view pattern, std::initializer_list<std::string_view> values) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}') {
      const std::size_t index = static_cast<std::size_t>(pattern[i + 1] - '0');
      if (index < values.size()) {
        out += *(values.begin() + index);
        i += 2;
        continue;
      }
    }
    out += pattern[i];
  }
  return out;
}

}  // namespace

Error make_error(Say what, std::string where, std::initializer_list<std::string_view> values) {
  const Text& t = texts[static_cast<std::size_t>(what)];
  return {t.code, std::move(where), fill(t.en, values), fill(t.hint, values), fill(t.zh, values), fill(t.hint_zh, values)};
}

Notice make_notice(Say what, std::string where, std::initializer_list<std::string_view> values) {
  const Text& t = texts[static_cast<std::size_t>(what)];
  return {std::string(t.notice), std::move(where), fill(t.en, values), fill(t.zh, values)};
}

std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::string digits(unsigned long long number) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

}  // namespace plimsoll
