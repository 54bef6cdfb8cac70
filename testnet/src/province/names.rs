//! Made-up names of persons and employers.
//!
//! **Promises.** Common, rare and minority names; employers carry the word 示例 (example).
//! **Left to others.** Who bears them: `identity`.

use super::random::Random;

const SURNAMES: [&str; 48] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹",
    "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕", "苏", "卢", "蒋", "蔡", "贾", "丁", "魏", "薛",
];

const GIVEN: [&str; 64] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明",
    "超", "霞", "平", "刚", "桂", "英", "华", "文", "玉", "建", "国", "志", "红", "春", "海", "燕",
    "晓", "雪", "梅", "云", "鹏", "飞", "宇", "浩", "轩", "子", "涵", "欣", "怡", "佳", "琪", "瑞",
    "晋", "汾", "阳", "原", "同", "山", "林", "森", "婷", "慧", "秀", "兰", "博", "睿", "嘉", "宁",
];

/// Given names beyond GBK; two of them are beyond the Basic Multilingual Plane.
const RARE: [&str; 4] = ["㛃", "䶮", "𬭎", "𤧛"];

const MINORITY_GIVEN: [&str; 8] =
    ["阿依古丽", "买买提", "古丽娜尔", "艾合买提", "热依汗", "努尔兰", "巴哈尔", "迪力夏提"];

const MINORITY_FATHER: [&str; 8] =
    ["吐尔逊", "艾山", "肉孜", "依明", "卡德尔", "玉素甫", "塔依尔", "阿不都"];

/// A person's name: five in a thousand rare, ten of a minority.
pub(super) fn person(random: &mut Random) -> String {
    let surname = random.pick(&SURNAMES);
    let kind = random.between(0, 999);
    match kind {
        0..5 => format!("{surname}{}", random.pick(&RARE)),
        5..15 => {
            format!("{}·{}", random.pick(&MINORITY_GIVEN), random.pick(&MINORITY_FATHER))
        }
        15..250 => format!("{surname}{}", random.pick(&GIVEN)),
        _ => format!("{surname}{}{}", random.pick(&GIVEN), random.pick(&GIVEN)),
    }
}

const PLACES: [&str; 16] = [
    "汾河", "晋阳", "云州", "平城", "尧都", "龙山", "双塔", "迎泽", "御河", "恒山", "姑射", "鼓楼",
    "桃园", "并州", "滨河", "新城",
];

const TRADES: [&str; 16] = [
    "机械制造有限公司",
    "煤焦化工有限公司",
    "商贸有限公司",
    "软件技术有限公司",
    "建筑工程有限公司",
    "物流有限公司",
    "中学",
    "小学",
    "人民医院",
    "社区卫生服务中心",
    "热力有限公司",
    "公交有限公司",
    "餐饮管理有限公司",
    "农业科技有限公司",
    "文化传媒有限公司",
    "设计研究院",
];

/// An employer's name; the number keeps two of them apart.
pub(super) fn employer(random: &mut Random, city: &str, number: u32) -> String {
    format!("{city}{}示例{}（{number}）", random.pick(&PLACES), random.pick(&TRADES))
}
