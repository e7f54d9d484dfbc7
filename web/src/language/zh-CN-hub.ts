import type { hub as english } from './en-hub.ts';

export const hub: typeof english = {
  open: '从模型库获取',
  title: '从模型库获取',
  label: '仓库 ID 或网址',
  help: '可以是 Qwen/Qwen3-8B 这样的 ID，或其在 huggingface.co、hf.co、modelscope.cn 上任何页面或文件的网址。按下“获取”之前不会发出任何请求。',
  unknown: '这不是 huggingface.co、hf.co、modelscope.cn 或 hf-mirror.com 上的模型。',
  mirror: 'hf-mirror.com 不允许其他页面读取其文件。请在那里打开 config.json 并保存，再拖到这里：',
  saved: '保存到本地的页面不发出请求。请打开 config.json 并保存，再拖到这里：',
  plan: (host, repository, revision) => `按下“获取”后会向 ${host} 请求 ${repository} 在 ${revision} 的文件：config.json 和张量列表。不发送 Cookie，也不发送本页地址。`,
  fetch: '获取',
  running: '正在获取…',
  from: (host, repository, commit) => `来自 ${host}：${repository}，版本 ${commit}。`,
  tensors: (total, files, read) => `其张量共 ${total}，分为 ${files} 个文件；读取了 ${read}。`,
  noTensors: '未能读取其张量列表。',
  problems: {
    offline: () => '当前离线。预设、粘贴和拖入文件仍可使用。',
    blocked: ({ host }) => `无法连接 ${host}，或该站点不允许本页面读取文件。请在新标签页打开该文件并保存，再拖到这里；也可改用其他模型库。`,
    timeout: ({ host }) => `${host} 在 15 秒内没有响应。请重试，或保存文件后拖到这里。`,
    gated: ({ repository }) => `${repository} 需要授权、是私有仓库，或不存在。许多此类模型已有预设；也可登录并接受其许可，保存 config.json 后拖到这里。`,
    no_access: ({ repository }) => `没有 ${repository} 的访问权限。请在其页面申请，登录后保存 config.json 并拖到这里。`,
    not_found: ({ repository, revision }) => `在 ${repository} 的 ${revision} 版本中没有 config.json。请检查名称和版本。GGUF 仓库常常没有该文件：请改用原始模型的仓库。`,
    too_large: ({ amount }) => `文件大于读取上限 ${amount}。请确认文件是否正确。`,
    odd_answer: ({ host, amount }) => `无法理解 ${host} 的回答（状态 ${amount}）。请稍后重试，或保存 config.json 后拖到这里。`,
  },
};
