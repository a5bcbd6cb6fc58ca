"""The words for what a household may need, by kind: shared by triage and by one-line call-back reports.

The longest word wins (降压药 is medicine although 药 alone would do), and every kind keeps the order of
`KINDS` so that the same words always give the same tuple.
"""

import re
from collections.abc import Sequence
from typing import Literal, get_args

Kind = Literal["food", "medicine", "medical", "money", "psychological", "daily", "other"]
KINDS: tuple[str, ...] = get_args(Kind)


def _words(text: str) -> list[str]:
    return text.split()


FOOD = _words("""
    大米 小米 米面 米 面粉 白面 挂面 方便面 泡面 面条 面包 馒头 粮食 口粮 粮 食用油 豆油 菜油 油 盐 酱油 青菜 白菜
    土豆 萝卜 蔬菜 菜 鸡蛋 鸭蛋 肉 奶粉 牛奶 米粉 辅食 食物 食品 吃食 吃的 喝的 饭 盒饭 饮用水 矿泉水 纯净水 干粮
    断顿 断炊 断粮 揭不开锅 下锅 充饥 挨饿 饿着 饿肚子 豆腐 水果 饼干 火腿肠 苞米 玉米面 酸菜 吃喝
""")
MEDICINE = _words("""
    降压药 降糖药 胰岛素 速效救心丸 救心丸 止疼药 止痛药 退烧药 感冒药 心脏病药 抗抑郁药 安定 激素药 靶向药 药品
    药物 吃药 买药 开药 拿药 缺药 断药 药费 中药 西药 草药 膏药 眼药水 硝苯地平 二甲双胍 阿司匹林 氨氯地平 布洛芬
    连花清瘟 尘肺药 平喘药 喷雾剂 雾化 制氧机 氧气瓶 氧气 血压药 糖尿病药 药
""")
MEDICAL = _words("""
    看病 住院 入院 床位 病床 收治 救治 救护车 急救 抢救 手术 化疗 透析 输血 产检 临产 羊水 早产 看急诊 急诊 就医
    就诊 医治 治疗 治病 病重 病危 重病 大病 犯病 发病 生病 发烧 高烧 发热 发高烧 呼吸困难 喘不上气 上不来气 喘不过气
    胸闷 胸口疼 心口疼 昏倒 昏迷 晕倒 晕过去 中风 脑梗 脑出血 心梗 摔了 摔伤 摔断 骨折 流血 出血 吐血 咳血 抽搐 抽风
    烧伤 烫伤 瘫痪 瘫 尘肺 癌 肿瘤 白血病 肺炎 确诊 核酸 阳性 感染 医院 医生 大夫 挂号 诊所 陪护 轮椅 拐杖 假肢 换药
    伤口 旧伤 下不了床 起不来床 动不了 肾 卧床 复查
""")
MONEY = _words("""
    没钱 借钱 钱 学费 生活费 医药费 医疗费 手术费 治疗费 住院费 丧葬费 抚恤金 低保 救济 救助金 补助 补贴 欠费 欠债
    债 贷款 交不起 付不起 掏不起 拿不出 出不起 买不起 吃不起 看不起病 治不起 上不起学 负担不起 揭不开锅 房租 工资
    工伤赔偿 赔偿 积蓄 经济困难 生活困难 家庭困难 特困 贫困 没收入 断了收入 没有收入 身无分文 凑不够 凑不齐 押金
    筹款 周转 取暖费 电费
""")
PSYCHOLOGICAL = _words("""
    心理 抑郁 抑郁症 焦虑 崩溃 绝望 睡不着 失眠 整宿 想不开 心里难受 心里憋 心里堵 憋屈 没意思 没盼头 没奔头 撑不住
    撑不下去 熬不下去 坚持不住 坚持不下去 扛不住 熬不住 活不下去 不想活 自杀 轻生 自残 天天哭 一直哭 总哭 老哭
    偷偷哭 害怕 孤独 孤单 想他 精神 寻短见 发呆 说说话 唠唠 心慌 无助 情绪 噩梦 做梦 走不出来 难过 哭
""")
DAILY = _words("""
    煤 煤球 煤块 柴 柴火 取暖 暖气 炉子 被子 棉被 褥子 棉衣 棉袄 棉鞋 衣服 鞋 手套 尿不湿 尿布 纸尿裤 卫生纸 卫生巾
    口罩 消毒液 酒精 煤气 煤气罐 液化气 天然气 燃气 停水 停电 断水 断电 没水没电 没电 没水 水管 漏水 漏雨 房顶 屋顶
    窗户 门锁 电褥子 电热毯 灯泡 保险丝 下水道 堵了 充电 充电宝 手电 蜡烛 发电机 日用品 生活用品 洗衣粉 肥皂 书包
    校服 电梯 电表 冻 炕 烧炕 护工 照看 照顾 接送
""")
OTHER = _words("""
    被困 困在 失联 联系不上 走丢 走失 救援 转移 积水 水位 淹 塌 滑坡 物资
""")

_BY_WORD: dict[str, Kind] = {}
_LISTS: tuple[tuple[Kind, list[str]], ...] = (
    ("other", OTHER),
    ("psychological", PSYCHOLOGICAL),
    ("daily", DAILY),
    ("money", MONEY),
    ("medical", MEDICAL),
    ("medicine", MEDICINE),
    ("food", FOOD),
)
for _kind, _list in _LISTS:
    _BY_WORD |= dict.fromkeys(_list, _kind)


def _longest_first(words: Sequence[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))


# A word that only looks like a need: 没意思 of a film, 米 as a metre, 加油 as a cheer …
_INNOCENT = (
    "加油|酱油肉|奶茶|油田|油漆|石油|[0-9]米|厘米|毫米|玉米|虾米|面试|面前|面子|见面|里面|外面|后面|前面|上面|下面|"
    "方面|对面|地面"
)
_ANY = re.compile(f"(?:{_INNOCENT})|({_longest_first(list(_BY_WORD))})")


def find_words(text: str) -> list[tuple[str, str]]:
    """(word, kind) for every need word of a folded text, in order; words with another meaning left out."""
    return [(match[1], _BY_WORD[match[1]]) for match in _ANY.finditer(text) if match[1]]


def kinds_of(words: Sequence[str]) -> tuple[str, ...]:
    """The kinds that these words name, each once: ("米", "油", "降压药") gives food and medicine."""
    found = {kind for word in words for _, kind in find_words(word)}
    return tuple(kind for kind in KINDS if kind in found)
