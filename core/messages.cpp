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
    error(unsupported_combination, "This model's checkpoint is not quantised: its config has no quantization_config.", "Leave weight_format out, or choose a format.",
     "该模型的检查点未量化：其配置中没有 quantization_config。", "请省略 weight_format，或选择一种格式。"),
    error(invalid_file, "The name \"{0}\" is not that of a checkpoint's file.", "Give a .safetensors or .gguf file, or an index: model.safetensors.index.json, pytorch_model.bin.index.json.",
     "“{0}” 不像检查点文件的名称。", "请提供 .safetensors 或 .gguf 文件，或索引文件 model.safetensors.index.json、pytorch_model.bin.index.json。"),
    error(invalid_file, "The file ends after {0} bytes, but its header asks for {1}.", "Give the complete file: a download may have been cut off.",
     "文件到第 {0} 字节为止，而文件头要求 {1} 字节。", "请提供完整的文件：下载可能中断过。"),
    error(invalid_file, "The file has {0} bytes, but its tensors end at byte {1}.", "Download the file again: it is not what its header describes.",
     "文件有 {0} 字节，而其张量在第 {1} 字节处结束。", "请重新下载：文件与其文件头不符。"),
    error(too_large, "The header asks for {0} bytes; the limit is {1}.", "The header of a real model is far smaller: download the file again.",
     "文件头要求 {0} 字节，上限为 {1}。", "真实模型的文件头远小于此：请重新下载。"),
    error(invalid_json, "This is not JSON at byte {0}.", "Download the file again. If you saved a web page, use its download link.",
     "第 {0} 字节处不是 JSON。", "请重新下载。如果保存的是网页，请改用下载链接。"),
    error(invalid_file, "The text is not valid UTF-8 at byte {0}.", "Download the file again: it is damaged.", "第 {0} 字节处不是有效的 UTF-8 文本。", "请重新下载：文件已损坏。"),
    error(invalid_file, "More than {0} levels of nesting.", "A real header has three levels: download the file again.", "嵌套超过 {0} 层。", "真实的文件头只有三层：请重新下载。"),
    error(missing_field, "The header gives this tensor no {0}.", "Download the file again: it is damaged.", "文件头未给出该张量的 {0}。", "请重新下载：文件已损坏。"),
    error(invalid_file, "The tensor is named twice.", "Give each file once, and files of one checkpoint only.", "张量名称出现两次。", "每个文件只提供一次，且只提供同一检查点的文件。"),
    error(invalid_file, "Shape and type need {0} bytes, but the header gives it {1}.", "Download the file again: it is damaged.",
     "形状和类型需要 {0} 字节，而文件头给出 {1} 字节。", "请重新下载：文件已损坏。"),
    error(invalid_file, "The tensor begins at byte {0}; the one before it ends at {1}.", "Tensors neither overlap nor leave gaps: download the file again.",
     "张量从第 {0} 字节开始，而前一个张量在第 {1} 字节结束。", "张量之间既不重叠也不留空：请重新下载。"),
    error(invalid_file, "The type {0} is not known.", "The file may be newer than this version, or damaged.", "未知的类型 {0}。", "文件可能比本版本更新，或已损坏。"),
    error(out_of_range, "{0} axes are more than the {1} that a tensor can have here.", "Download the file again: it is damaged.", "{0} 个轴超过此处张量的上限 {1}。", "请重新下载：文件已损坏。"),
    error(out_of_range, "A name of {0} bytes is longer than the {1} that are read.", "Download the file again: it is damaged.", "名称有 {0} 字节，超过上限 {1}。", "请重新下载：文件已损坏。"),
    error(out_of_range, "{0} entries cannot lie in the {1} bytes that are left.", "Download the file again: it is damaged.", "剩余的 {1} 字节容不下 {0} 项。", "请重新下载：文件已损坏。"),
    error(invalid_file, "The file does not begin with \"GGUF\".", "Give a GGUF file. If you saved a web page, use its download link.", "文件不是以 “GGUF” 开头。", "请提供 GGUF 文件。如果保存的是网页，请改用下载链接。"),
    error(invalid_file, "This is GGUF version {0}; versions 2 and 3 are read.", "Convert the model again with a current llama.cpp.", "这是 GGUF 第 {0} 版；可读取第 2、3 版。", "请用当前版本的 llama.cpp 重新转换。"),
    error(invalid_file, "This GGUF file is written for big-endian machines.", "Give the little-endian file, as nearly all are.", "这是大端序的 GGUF 文件。", "请提供小端序的文件（绝大多数都是）。"),
    error(invalid_file, "{0} is not a type of value that is read here.", "Download the file again: it is damaged.", "{0} 不是此处可读取的值类型。", "请重新下载：文件已损坏。"),
    error(invalid_file, "A flag is {0}; it can be 0 or 1.", "Download the file again: it is damaged.", "标志的值为 {0}，只能是 0 或 1。", "请重新下载：文件已损坏。"),
    error(invalid_file, "The alignment {0} is not a power of two.", "Download the file again: it is damaged.", "对齐值 {0} 不是 2 的幂。", "请重新下载：文件已损坏。"),
    error(does_not_divide, "A row of {0} elements is not a multiple of the {1} that {2} stores together.", "Download the file again: it is damaged.",
     "一行 {0} 个元素不是 {2} 每块 {1} 个元素的整数倍。", "请重新下载：文件已损坏。"),
    error(missing_field, "{0} of {1} files of this checkpoint are missing: {2}.", "Give all of them at once; only their headers are read.",
     "该检查点的 {1} 个文件中缺少 {0} 个：{2}。", "请一次提供全部文件；只会读取文件头。"),
    error(unsupported_combination, "The files are not of one checkpoint: {0} beside {1}.", "Give the files of one checkpoint.", "这些文件不属于同一检查点：{0} 与 {1}。", "请只提供同一检查点的文件。"),
    error(unsupported_combination, "The index does not name this tensor in this file.", "Give the index that belongs to these files, or leave it out.", "索引没有指明此文件中有该张量。", "请提供与这些文件对应的索引，或不提供索引。"),
    error(missing_field, "These headers name the tensors, but not how the layers use them.", "Give config.json as well.", "这些文件头列出了张量，但没有说明各层如何使用它们。", "请同时提供 config.json。"),
    error(unknown_model_type, "The GGUF architecture \"{0}\" is not supported yet.", "Supported are: {1}. Or give config.json as well.", "尚不支持 GGUF 架构 “{0}”。", "支持：{1}。或同时提供 config.json。"),
    error(unsupported_combination, "Headers of a checkpoint cannot be combined with a parameter count.", "Give config.json or a preset beside them, or a GGUF file alone.",
     "检查点的文件头不能与参数量一同给出。", "请与 config.json 或预设一同给出，或单独给出 GGUF 文件。"),
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
    error(unsupported_combination, "The reward model has {0} words, the model {1}: it is given the same tokens.", "Choose a reward model with the same vocabulary.",
     "奖励模型的词表大小为 {0}，被训练的模型为 {1}：两者读取相同的 token。", "请选择词表相同的奖励模型。"),
    // notices
    notice("class_default", "config.json does not state {0}: the defaults of the model class are used.",
            "config.json 未给出 {0}：采用该模型类的默认值。"),
    notice("context_clamped", "The context was set to {0}, the longest this model was made for.",
            "上下文已设为该模型支持的最大长度 {0}。"),
    notice("past_model_length", "{0} tokens are more than the {1} positions this model was made for.",
            "{0} 个 token 超过该模型设计的 {1} 个位置。"),
    notice("dtype_assumed", "config.json names no data type: {0} is assumed.",
            "config.json 未说明数据类型：按 {0} 计算。"),
    notice("quantized_checkpoint", "The checkpoint is quantised ({0}), and is counted as its own config says: {1} bytes once loaded, {2} in the file.",
            "检查点已量化（{0}），按其自身配置计算：加载后 {1} 字节，文件中 {2} 字节。"),
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
    notice("experts_not_quantised", "{0} does not quantise the experts: Transformers 5.23 holds them as fused tensors, which are in {1} and take {2} bytes.",
            "{0} 不量化专家：Transformers 5.23 将其存为合并的张量，为 {1}，占 {2} 字节。"),
    notice("kernels_unpatched", "Liger has no kernels for \"{0}\": its modules run as Transformers has them.",
            "Liger 没有适用于 “{0}” 的内核：按 Transformers 自身的模块计算。"),
    notice("kernels_assumed", "What torch.compile keeps for backward is assumed, as its partitioner was read on a CPU. Public figures lie from 15 % below to 10 % above.",
            "torch.compile 为反向传播保留的内容为假定值：取自在 CPU 上读出的其划分结果。公开数据在低 15 % 到高 10 % 之间。"),
    notice("int8_product_refuses", "The int8 product of bitsandbytes takes inputs of at most three axes. This model's latent attention hands it four in Transformers: a forward pass on CUDA stops with an error.",
            "bitsandbytes 的 int8 乘法只接受至多三个轴的输入，而该模型的潜在注意力在 Transformers 中传入四个轴：CUDA 上的前向计算会报错中止。"),
    notice("llama_file_type", "{0} is a type of GGUF files: each tensor has the type that llama-quantize gives it, and tensors take {1} bytes of the file, which also holds the tokenizer. What comes beside the weights is still Transformers', not llama.cpp's.",
            "{0} 是 GGUF 文件类型：每个张量采用 llama-quantize 为其选择的类型，张量在文件中占 {1} 字节，文件另含分词器。权重之外的部分仍按 Transformers 而非 llama.cpp 计算。"),
    notice("imatrix_needed", "llama-quantize refuses to make {0} without an importance matrix: these sizes are of a file that nobody has.",
            "没有重要性矩阵时，llama-quantize 拒绝生成 {0}：此处的大小对应一个不存在的文件。"),
    notice("dense_after_forward", "{0}: Transformers 5.23 keeps these weights packed only until the first forward pass; then they are {1} and take {2} bytes. Their scales stay.",
            "{0}：Transformers 5.23 只在首次前向计算之前保持这些权重的压缩形式；之后它们为 {1}，占 {2} 字节。缩放因子保留。"),
    notice("unpacked_when_loaded", "{0}: Transformers 5.23 unpacks these weights to {1} when it loads them; they take {2} bytes.",
            "{0}：Transformers 5.23 在加载时将这些权重展开为 {1}，占 {2} 字节。"),
    notice("method_not_loaded", "Transformers 5.23 does not load {0}: the weights are counted as the checkpoint stores them, which other engines keep.",
            "Transformers 5.23 不能加载 {0}：权重按检查点的存储形式计算，其他引擎会保持该形式。"),
    notice("method_refused", "Transformers 5.23 stops with an error when it loads {0}: the weights are counted as the method's own library keeps them.",
            "Transformers 5.23 加载 {0} 时会报错中止：权重按该方法自身的库所保持的形式计算。"),
    notice("dequantised_elsewhere", "{0}: below compute capability {3}, or without its kernels, Transformers 5.23 dequantises these weights to {1} when it loads them; they then take {2} bytes.",
            "{0}：在计算能力低于 {3} 或缺少其内核的 GPU 上，Transformers 5.23 加载时将这些权重反量化为 {1}，占 {2} 字节。"),
    notice("average_bits", "{0} gives each layer other bits and states only their average: the sum is close, one tensor is not. The checkpoint's header is exact.",
            "{0} 为各层分配不同的位数，只给出平均值：总和接近，单个张量则不然。以检查点的文件头为准。"),
    notice("unknown_quantization", "The quantisation \"{0}\" is not known here: every weight is counted in {1}, {2} bytes. At {4} bit(s) each they would take at least {3}.",
            "此处不认识量化方法 “{0}”：所有权重按 {1} 计算，共 {2} 字节。若每个权重为 {4} 位，则至少占 {3} 字节。"),
    notice("skip_entry_misses", "Transformers 5.23 compares entries of a skip list with the start or the end of a module's name: \"{0}\" keeps nothing, and the modules inside it are quantised to {1} bytes.",
            "Transformers 5.23 只将跳过列表中的条目与模块名的开头或结尾比较：“{0}” 不起作用，其中的模块被量化为 {1} 字节。"),
    notice("cache_of_other_engine", "Transformers has no KV cache in {0}: it is counted as the engines that have it store it, with its scales. The prompt pass and the attention still work in {1}.",
            "Transformers 没有 {0} 格式的 KV 缓存：按支持该格式的引擎的存储方式计算，含缩放因子。预填充和注意力仍以 {1} 计算。"),
    notice("checkpoint_differs", "The checkpoint and the config differ in {0} place(s): {1}.", "检查点与配置有 {0} 处不同：{1}。"),
    notice("weights_as_stored", "The weights are counted as the files store them: {0} bytes of {1} tensors.", "权重按文件中的存储方式计算：{1} 个张量，共 {0} 字节。"),
    notice("gguf_in_transformers", "Transformers 5.23 keeps the blocks of a GGUF file only where the kernels package has a kernel for the device; else it makes 16 or 32 bit weights of them. "
           "The weights are counted as the file stores them.",
           "Transformers 5.23 仅在 kernels 包有适用于该设备的内核时保留 GGUF 的块格式，否则加载时将权重还原为 16 或 32 位。此处按文件中的存储方式计算权重。"),
    notice("generation_not_counted", "Completions are generated between steps: that moment, with its KV cache or vLLM's share of the device, is not among these.",
            "补全在各步之间生成：该时刻及其 KV 缓存或 vLLM 占用的显存不在此列。"),
    notice("teacher_type_assumed", "The teacher is taken to be loaded in {0}, as the trained weights are.", "假定教师模型以 {0} 加载，与训练的权重相同。"),
    notice("value_model_assumed", "The reward model and the value model are taken to be of one kind, in {0}, each with a head of one output. The value model is trained whole, and recomputes nothing.",
            "假定奖励模型与价值模型结构相同，以 {0} 加载，头部各只有一个输出。价值模型全量训练，且不做重算。"),
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
