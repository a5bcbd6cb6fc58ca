"""How much a file may hold, and what is said when it holds more or cannot be read."""

BYTES_MAX = 50 * 1024 * 1024
ROWS_MAX = 200_000
COLUMNS_MAX = 60
CELL_MAX = 2000
UNPACKED_MAX = 400 * 1024 * 1024
RATIO_MAX = 250  # how far XML of a real roster packs is below a hundred
RATIO_FROM = 10 * 1024 * 1024  # a small file may pack as well as it likes
CHILD_MEMORY = 2 * 1024 * 1024 * 1024
CHILD_SECONDS = 120
TITLE_ROWS = 20  # lines above the header that may hold only a title

UNREADABLE = "这个文件读不出来，请用表格软件另存为 .xlsx 或 .csv 再试"
TOO_BIG = "这个文件太大或内容异常，请只保留名册那一张表，另存后再试"
LOCKED = "这个文件有密码，请先去掉密码再导入"
NOT_THERE = "找不到这个文件，或者没有权限读它，请核对文件名"
TOO_MANY_BYTES = f"文件超过 {BYTES_MAX // 1024 // 1024} MB，请只保留名册那一张表再试"
TOO_MANY_ROWS = f"表格超过 {ROWS_MAX} 行，请删掉空行，或分成几个文件导入"
TOO_MANY_COLUMNS = f"表格超过 {COLUMNS_MAX} 列，请只保留需要的列"
LONG_CELL = f"有一格超过 {CELL_MAX} 个字，请改短；CSV 里少写一个引号，后面几行也会连成一格"
LOST_LETTERS = "有认不出的字，显示成 \ufffd，请改正"
NO_HEADER = "没有找到表头：第一行要写列名，例如 户编号、姓名、电话、单位、类别"
