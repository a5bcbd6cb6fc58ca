"""What triage decides on one line, told by examples of every sort of line that a family group has."""

import subprocess
import sys

import pytest

from bot.triage import judge, kinds_of

ASKS = {
    "家里米不多了,能捎点菜不": "food",
    "俺家断粮两天了,孩子饿得直哭": "food",
    "我爸降压药就剩两天的了": "medicine",
    "胰岛素快没了,药店断货,谁能帮着买一下": "medicine",
    "老伴摔了一跤,起不来炕,得找人抬": "medical",
    "我妈喘不上气,叫不来救护车,求求大家帮帮我们": "medical",
    "孩子学费还差两千,开学前交不上,能不能跟工会借点": "money",
    "他走了以后我整宿睡不着,心里憋得慌": "psychological",
    "炉子灭了,煤也没了,屋里冻得伸不出手": "daily",
    "实在没招了,咋整啊": "other",
}
CRISES = (
    "我不想活了",
    "药都攒够了,今晚就一了百了",
    "遗书写好了放在枕头底下",
    "我闺女说不想活了,拿刀划自己胳膊",
    "我爸把农药喝了",
    "他拿着刀在门口,说要砍死我们娘俩",
)
QUIET = {
    "negation": ("我家不缺米", "不用送了,够吃", "没啥困难,挺好的", "药还够,不用惦记"),
    "offer": ("我家有多的米可以分", "谁缺菜来我家拿", "我有车,去医院可以送"),
    "thanks": ("米收到了谢谢", "药送到了,太感谢了", "住上院了,谢谢大家帮忙"),
    "logistics": ("群里几点发米", "米面油在哪领", "今天轮到三号楼领菜"),
    "question": ("补助金是几号发", "高血压能不能吃鸡蛋", "遗属补助今年涨不涨"),
    "joke": ("饿死了哈哈", "作业多到想跳楼哈哈", "这天热死个人", "想死你们啦"),
    "news": ("【大雪蓝色预警】预计未来24小时东部有大到暴雪", "据记者了解,矿区供热已全部恢复"),
    "advert": ("贷款无抵押当天放款,急用钱的找我", "东北大米一袋八十包邮"),
    "chat": ("今天天气真好", "晚上吃啥", "收到", "哈哈哈哈", "酸菜腌好了", "三班的下井了没"),
}


@pytest.mark.parametrize("text", ASKS)
def test_a_request_reaches_a_person_with_its_kind(text: str) -> None:
    verdict = judge(text)
    assert verdict.decision in ("alert", "review")
    assert ASKS[text] in verdict.kinds
    assert verdict.urgency != "emergency"


@pytest.mark.parametrize("text", CRISES)
def test_an_emergency_always_alerts(text: str) -> None:
    verdict = judge(text)
    assert (verdict.decision, verdict.urgency) == ("alert", "emergency")
    assert "psychological" in verdict.kinds
    assert verdict.reasons


@pytest.mark.parametrize(("sort", "text"), [(sort, text) for sort, texts in QUIET.items() for text in texts])
def test_the_words_of_a_request_without_a_request_stay_quiet(sort: str, text: str) -> None:
    assert judge(text).decision == "none", sort


@pytest.mark.parametrize(
    "text",
    "家里断粮了 3天没吃饭了，救命 三天没吃饭了 救命 家里没米了 断药了 我妈的药吃完了 没钱看病 帮帮我们 "
    "求工会帮帮忙 老人摔了起不来 停水停电三天了 家里没煤了，冷 胰岛素用完了 孩子发烧没人送医院 学费交不上 "
    "揭不开锅了 家里没吃的了 我家没吃没喝 断粮断药 没人管我们 走投无路了 我爸晕倒了快来人 "
    "有没有人救救我奶奶 米缸见底了 两个孩子饿了一天 爷爷的降压药断了".split(),
)
def test_plain_words_of_need_alert_even_in_a_crowd(text: str) -> None:
    assert judge(text).decision == "alert"


def test_who_asks_how_help_is_applied_for_is_shown_to_a_person_and_wakes_nobody() -> None:
    assert judge("请问困难补助怎么申请").decision == "review"


def test_urgent_words_make_a_request_urgent() -> None:
    assert judge("老公吐血了,家里就我和孩子,快来人啊").urgency == "urgent"
    assert judge("家里米不多了,能捎点菜不").urgency == "normal"


def test_reasons_are_the_words_of_the_text_even_when_it_is_spaced_out() -> None:
    text = "家 里 断 粮 了 , 求 求 大 家 帮 帮 我 们"
    verdict = judge(text)
    assert verdict.decision == "alert"
    assert verdict.reasons
    assert all(reason in text for reason in verdict.reasons)


def test_traditional_and_full_width_writing_is_understood() -> None:
    assert judge("家裡斷糧了，求求大家幫幫我們").decision == "alert"


def test_a_pasted_novel_is_judged_by_its_head_and_tail() -> None:
    novel = "从前有座山,山里有座庙。" * 100_000
    assert judge(novel).decision == "none"
    assert judge(novel + "我不想活了").urgency == "emergency"
    assert judge("我不想活了。" + novel).urgency == "emergency"


def test_the_same_text_gives_the_same_verdict() -> None:
    assert judge("家里米不多了,能捎点菜不") == judge("家里米不多了,能捎点菜不")


def test_words_of_a_report_name_their_kinds_once_and_in_order() -> None:
    assert kinds_of(("降压药", "米", "油")) == ("food", "medicine")
    assert kinds_of(("煤", "取暖")) == ("daily",)
    assert kinds_of(("学费",)) == ("money",)
    assert kinds_of(("住院",)) == ("medical",)
    assert kinds_of(("天气", "加油")) == ()


@pytest.mark.parametrize("words", ["家里没米了", "家里米不多了", "老人摔了一跤，起不来", "降压药断了", "揭不开锅了"])
def test_a_quiet_sentence_reaches_a_chair(words: str) -> None:
    """The README and the sandbox show these."""
    assert judge(words).decision == "alert"


def test_warm_leaves_no_table_to_be_read_by_the_first_family() -> None:
    program = (
        "from pathlib import Path; from bot import triage; triage.warm(); Path.read_bytes = None\n"
        "assert triage.judge('家里断粮了,求求大家帮忙').decision == 'alert'\n"
        "assert triage.judge('药我都数好了,今晚吃完就不疼了').urgency == 'emergency'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
