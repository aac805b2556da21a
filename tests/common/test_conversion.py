"""Conversion of technical terms in both directions."""

import pytest
from django.conf import settings
from hypothesis import example, given
from hypothesis import strategies as st

from digest.common.conversion import read_phrases, to_hans, to_hant

PHRASES = settings.BASE_DIR / "digest" / "common" / "phrases"


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        # Phrase conversion for the mainland (tw2sp) gets these wrong.
        ("土壤碳儲存量", "土壤碳储存量"),
        ("生態服務指標", "生态服务指标"),
        ("土地使用者的選擇", "土地使用者的选择"),
        ("他們執行的有機農業項目", "他们执行的有机农业项目"),
        ("農業的永續性", "农业的可持续性"),
        ("檢視政策", "检视政策"),
        ("整合水與土", "整合水与土"),
        # Different words.
        ("開放資料", "开放数据"),
        ("三年期專案", "三年期项目"),
        ("地圖視覺化", "地图可视化"),
        ("寮國的茶園", "老挝的茶园"),
        ("矽肥與矽酸", "硅肥与硅酸"),
        ("農業資訊", "农业信息"),
        ("威爾斯的草地", "威尔士的草地"),
        ("澳洲雪梨市", "澳大利亚悉尼市"),
        ("康乃爾大學", "康奈尔大学"),
        ("衛星遙測", "卫星遥感"),
        ("甘藷與甘藷葉", "甘薯与甘薯叶"),
        ("寫作計畫", "写作计划"),
        # Several Simplified characters for one: it depends on the word.
        ("覆蓋作物", "覆盖作物"),
        ("複蓋率", "复盖率"),
        ("著重說明", "着重说明"),
        ("隨著季節", "随着季节"),
        ("著名的田", "著名的田"),
        ("乾旱與乾物質", "干旱与干物质"),
        ("樹幹與幹部", "树干与干部"),
        ("干擾與若干", "干扰与若干"),
        ("發展與頭髮", "发展与头发"),
        ("以後，皇后", "以后，皇后"),
        ("這裡、裏面、公里", "这里、里面、公里"),
        ("範圍與姓范的人", "范围与姓范的人"),
        ("稻穀與山谷", "稻谷与山谷"),
        ("一隻鳥只有一口", "一只鸟只有一口"),
        ("徵收與長征", "征收与长征"),
        ("複合、回復、反覆", "复合、回复、反复"),
        ("麵粉與地面", "面粉与地面"),
        ("鬆土與松樹", "松土与松树"),
        ("沖積與衝突", "冲积与冲突"),
        ("製造與制度", "制造与制度"),
        ("每週與周圍", "每周与周围"),
        ("「水」與『田』", "“水”与‘田’"),
    ],
)
def test_traditional_terms_in_simplified(traditional, simplified):
    assert to_hans(traditional) == simplified


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        # s2tw alone gets these wrong.
        ("作物干物质", "作物乾物質"),
        ("强调表土", "強調表土"),
        ("姓范的农户", "姓范的農戶"),
        ("秸秆热解制成的炭", "秸稈熱解製成的炭"),
        ("折合每亩三吨", "折合每畝三噸"),
        ("湿干比与干湿沉降", "濕乾比與乾濕沉降"),
        ("干谷物和干根", "乾穀物和乾根"),
        ("冲施肥料", "沖施肥料"),
        ("生物炭，系由稻壳烧成", "生物炭，係由稻殼燒成"),
        ("据此，系统与系数", "據此，系統與係數"),
        ("这样，系数变小", "這樣，係數變小"),
        ("三者均系实测，平均系数为二", "三者均係實測，平均係數為二"),
        ("不准确与不准放牧", "不準確與不准放牧"),
        ("复配与复混肥", "複配與複混肥"),
        # As written in Taiwan.
        ("计划发布后分布各地", "計畫發布後分布各地"),
        ("公布、颁布、宣布", "公布、頒布、宣布"),
        ("占地与占比", "占地與占比"),
        ("污水、湿地、粘土", "污水、濕地、黏土"),
        ("碳账户与台账", "碳帳戶與臺帳"),
        ("平台", "平台"),
        # Several Traditional characters for one.
        ("干旱、树干、干扰", "乾旱、樹幹、干擾"),
        ("发展与头发", "發展與頭髮"),
        ("以后，皇后", "以後，皇后"),
        ("田里走一公里", "田裡走一公里"),
        ("范围", "範圍"),
        ("稻谷与山谷", "稻穀與山谷"),
        ("一只鸟只有一口", "一隻鳥只有一口"),
        ("征收与长征", "徵收與長征"),
        ("复种、恢复、覆盖", "複種、恢復、覆蓋"),
        ("面粉与面积", "麵粉與面積"),
        ("松土与松树", "鬆土與松樹"),
        ("缓冲与冲刷", "緩衝與沖刷"),
        ("制造与制度", "製造與制度"),
        ("剩余与业余", "剩餘與業餘"),
        ("精准与批准", "精準與批准"),
        ("收获与捕获", "收穫與捕獲"),
        ("每周与周围", "每週與周圍"),
        ("关系、系统、系列", "關係、系統、系列"),
        ("有着落，着重", "有著落，著重"),
        ("“水”与‘田’", "「水」與『田』"),
    ],
)
def test_simplified_terms_in_traditional(simplified, traditional):
    assert to_hant(simplified) == traditional


def test_the_authors_vocabulary_is_kept():
    assert to_hant("数据与网络质量") == "數據與網絡質量"


@pytest.mark.parametrize("convert", [to_hans, to_hant])
@pytest.mark.parametrize(
    "text",
    ["", "CO2 and N₂O", "[@3:38][@4]", "[[figure:1]]", "| a | b |\n|---|---|", "## 1 a\n\n- b", "\n\n  \n", "😀"],
)
def test_other_text_is_unchanged(convert, text):
    assert convert(text) == text


@given(st.text("水田农農发發髮，系统「」[@1]\n a"))
def test_converting_twice_changes_nothing(text):
    assert to_hans(to_hans(text)) == to_hans(text)


@given(st.text(max_size=100))
@example("\0水\n田\0")
def test_any_text_can_be_converted(text):
    assert isinstance(to_hans(text), str)
    assert to_hant(text).count("\n") == text.count("\n")


@pytest.mark.parametrize("file", ["hant_to_hans.tsv", "hans_to_hant.tsv"])
def test_phrases_are_unique_and_in_the_right_script(file):
    lines = (PHRASES / file).read_text(encoding="utf-8").splitlines()
    phrases = [line.split("\t")[0] for line in lines if line and not line.startswith("#")]
    assert len(phrases) == len(set(phrases))
    assert all(key and value for key, value in read_phrases(PHRASES / file).items())


def test_conversion_of_a_large_text_is_fast():
    assert len(to_hant("农田的水与土，系统地量。" * 40_000)) == 480_000
