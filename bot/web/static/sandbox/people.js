// Who one can be: names of the roles, what each can see, and ready-made things to say.

export const ROLES = {
  family: {
    name: "家属",
    sees: "自己的群，和送暖的私聊。",
    not: "别人家的难处。谁求助过，群里没人知道。",
    chips: ["家里没米了", "老人摔了一跤，起不来", "谢谢提醒，都好"],
  },
  volunteer: {
    name: "志愿者",
    sees: "自己单位的回访，用编号说话，不用念名字。",
    not: "别的单位的户。",
    chips: ["帮助", "回访 H0001 平安"],
  },
  chair: {
    name: "主席",
    sees: "本单位的求助提醒。回了“收到”，才算有人管。",
    not: "不归自己管的单位。",
    chips: ["收到 1", "求助"],
  },
  neighbour: {
    name: "邻居",
    sees: "群里的小贴士。",
    not: "谁家有困难。邻居的闲聊，送暖也不记。",
    chips: ["今天食堂吃啥"],
  },
  editor: {
    name: "宣传",
    sees: "群里发出去的文案。",
    not: "任何一家的情况。",
    chips: ["帮助"],
  },
  admin: {
    name: "管理员",
    sees: "送暖好不好使：渠道、投递、权限。",
    not: "不该看的也要写明理由才看得到。",
    chips: ["帮助"],
  },
};

export const ORDER = ["family", "chair", "volunteer", "neighbour", "editor", "admin"];

/** Ready-made things to say; for a chair the number of the latest alert stands in them. */
export function chipsFor(person, talkWithBot) {
  const { chips } = ROLES[person.persona];
  const alert = talkWithBot.findLast((message) => message.by === "" && ALERT.test(wordsOf(message)));
  return alert ? chips.map((words) => words.replace(/^收到 \d+$/, `收到 ${ALERT.exec(wordsOf(alert))[1]}`)) : chips;
}

const ALERT = /回[:：]\s*收到\s*(\d+)/; // not the examples of the menu
const wordsOf = (message) => message.parts.map((part) => part.text ?? "").join("");

/** What a person is called in front of others: a deputy is named as one. */
export function title(person) {
  return person.about.endsWith("副主席") ? "副主席" : ROLES[person.persona].name;
}
