"""Sentences of languages other than English, as their readers would part them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.corpus import get_segmenter, sentences
from standfirst.corpus.units.splitter import language_table

# A language and a text on each line, with a bar between its sentences.
MARKED = """
fr M. Dupont a vu Mme Leroy à 15 h.| Elle est sortie.
fr Il est arrivé à 9 h. du soir.| Le vote, prévu le 3 janv. 2024, a eu lieu.| Rien d’autre.
fr « C’est fini ! » a-t-il dit.| « Vraiment ? »| Personne n’a répondu.
fr « Nous partons. »| Le ministre a souri.| – Non, dit-elle.| – Si.
fr Il hésite… puis signe.| Il hésite…| Puis il signe les art. 4 et 5, etc.| Les juges attendent.
fr M. Dupont a vu Mme Leroy à 15 heures.| Ils ont signé l’art. 4.| Rien d’autre.
fr « C’est fini », a-t-il dit.| Le gouvernement n’a pas répondu.
es El Sr. García habló con la Dra. Ruiz.| ¿Quién paga?| Nadie respondió en la pág. 3.
es El Sr. Rivas vio a la Dra. Peña en EE. UU. en 2019.| ¿Y ahora qué?| ¡Nada!
es Vive en EE. UU.| El resto llegó en el siglo III a. C.| La ciudad ya existía.
es «¿Quién paga?», preguntó.| —No lo sé —dijo ella—.| Véase la pág. 3, p. ej. el cuadro.
es —¡Basta! —gritó el juez.| ¿Se fue…? ¿o se quedó?| ¡Claro!|¡Por fin!
pt O Sr. Matos saiu às 9 h.| Depois, a Dra. Reis falou.| Veja o n.º 3 e o art. 5.º da lei.
pt “Não vamos assinar!”, disse o ministro.| O mar.| O céu.| Em 12 mar. 2020 voltou.
pt O Sr. Silva falou às 15h.| A Dra. Costa não respondeu.| Veja o art. 5 da lei.
it Il sig. Rossi ha visto l’on. Bianchi.| Nessuno ha risposto.| L’art. 3 vieta tutto.
it Il sig. Conti e l’on. Ferri sono a Roma.| «È finita!» ha detto il dott. Sala.
it Mele, pere, ecc.| Domani si vota.| Era il 300 a.C. e nessuno scriveva.| Perché?| Non so.
de Am 3. Mai sprach Dr. Weber.| „Wir gehen!“, sagte er.| „Wohin?“| Niemand wusste es.
de Papst Paul VI. änderte das Gesetz.| Friedrich II. König von Preußen kam am 12. Jan. 1740.
de »Das reicht!« rief sie.| Das gilt u. a. für Asyl, d. h. für alle.| Er ist 42.| Das ist alt.
de Es kostet ca. 3,4 Mio. Euro.| Äpfel, Birnen usw.| Der Rest fehlt.
de Am 3. Oktober sprach Dr. Weber.| Das kostet ca. 3,4 Mio. Euro.| Niemand widersprach.
de Das gilt z. B. für Asyl.| Im 20. Jahrhundert war das anders.
nl De heer J. P. Bakker sprak.| Mr. De Wit zweeg.| Dat is o.a. onjuist, bijv. op 3 okt. 2021.
nl „Wij gaan!” zei hij.| ’s Avonds kwam dr. Mulder terug.| Appels, peren, enz.| Het was op.
sw Bw. Otieno na Bi. Zuhura walikutana na Mhe. Kamau.| Je, ni kweli?| Ndiyo!
sw Alinunua maembe, ndizi n.k.| Kisha Prof. Mushi aliondoka.| Soma uk. 5.
rw Dr. Mugisha yahuye na Min. Keza ku wa 5 Kamena.| Barakoze.| Ese ni byo?| Yego.
tr Prof. Dr. Ayşe Kaya 3. Ordu’yu ve II. Mehmed’i anlattı.| “Gidiyoruz!” dedi.| Neden?
tr Elma, armut vb.| Bu kadar.| 19. yüzyılda, yani M.Ö. 300’de değil, kuruldu.
ru А.С. Орлов и В. П. Белов приехали в г. Тверь.| Суд, т. е. палата, решит.| Почему?..| Да.
ru Дома, дороги и т. д.| Он ушёл в 5 ч. утра, см. ст. 5.| — Да, — ответил он.| — Жаль.
ru Встреча была в пт.| «Мы едем!» — сказал проф. Сомов.| В 1990-х гг. цены росли.
uk Проф. Коваль прибув до м. Львів.| «Їдемо!» — сказав він.| Ні, ст. 5 каже інше.
bg Проф. Иванов дойде.| „Тръгваме!“, каза той.| Защо?
el Ο κ. Νίκου μίλησε.| Είναι νόμιμο;| «Γιατί;» ρώτησε ο δρ. Παππάς.| Όχι!
pl W 1920 r. Warszawa rosła, m.in. dzięki p. Nowakowi.| – Idziemy! – powiedział.| Dlaczego?
ca El Sr. Puig viu a la pl. Major.| «Anem!», va dir.| Per què?
ar هل وصل الوزير؟| قال أحمد ز. أمين إنه «وصل».| كان ذلك في 2016 م.| ثم غادر!
fa آیا دادگاه رأی داد؟| بله.| وزیر رفت!| پایان.
ur وزیر چلے گئے۔| کیا یہ درست ہے؟| ہاں۔| "ہم جائیں گے۔"| پھر خاموشی۔
he השופטת הגיעה.| למה?| איש לא ידע!
hi डॉ. राव दिल्ली गए।| क्या वे लौटेंगे?| "हाँ।"| जी.डी.पी. बढ़ी॥| अंत।
bn মন্ত্রী ঢাকায় গেলেন।|কেন?| কেউ জানে না।
zh 部长周一到了。|合法吗？|“我们不签。”他说。|价格（真的！）是3.5元！|"是。"|完。
ja 大臣が来た。|「行きます。」と言った。|合法ですか？|はい!|終わり。
ko 장관이 말했다.| 합법인가?| 아니다.| 끝.| 그는 갔다.
am ሚኒስትሩ መጡ።| ሕጋዊ ነው፧| አዎ፡፡| ፍርድ ቤቱ ይሰማል::| ጨረሰ!
ti ሚኒስተር መጺኡ።|ሕጋዊ ድዩ፧| እወ።
hy Նախարարը եկավ։| Դատարանը լսեց:| Վերջ։
km រដ្ឋមន្ត្រីបានមក។| លោកថា៖ «យើងទៅ»។| ចប់៖| មែន។
my ဝန်ကြီး ရောက်သည်။|တရားရုံး ကြားနာမည်။
ka მინისტრი მოვიდა.| რატომ?| არავინ იცის.
th 部长到了。|وصل؟| अंत।| Ende.| Aus.
"""
ROWS = [tuple(line.split(" ", 1)) for line in MARKED.strip().splitlines()]


@pytest.mark.parametrize(("language", "marked"), ROWS)
def test_sentences(language: str, marked: str) -> None:
    """Marks, quotations, dashes and abbreviations of each language do not mislead it."""
    expected = [piece.strip() for piece in marked.split("|")]

    assert sentences(marked.replace("|", ""), language) == expected


def test_informal_text() -> None:
    """A sentence that begins with a lower-case letter is one, where no abbreviation is near."""
    assert len(sentences("estoy cansado. mañana vuelvo. ¿y ustedes?", "es")) == 3


def test_lists_and_line_breaks() -> None:
    """Bullets, numbered lists and line breaks part sentences as in English."""
    text = "1. Firmar. 2. Pagar. 3. Construir.\nSin punto\n• Uno • Dos"

    assert len(sentences(text, "es")) == 6


NOISE = st.text(
    st.one_of(
        st.characters(), st.sampled_from(list('aB1 .!?;\n"«»“„’()…—¿¡。”」؟।፡:៖\u00a0\u200b'))
    )
)


@given(
    st.sampled_from(["fr", "de", "el", "am", "zh", "km", "th"]),
    st.one_of(NOISE, st.lists(st.sampled_from([row[1] for row in ROWS])).map("".join)),
)
def test_nothing_is_lost(language: str, text: str) -> None:
    """Spans are in order, do not overlap, are trimmed, and hold every character but blanks."""
    spans = get_segmenter("sentences", language).segment(text)
    flat = [offset for span in spans for offset in span]
    kept = "".join(text[start:end] for start, end in spans)

    assert flat == sorted(flat)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert "".join(kept.split()) == "".join(text.split())


def test_table() -> None:
    """No abbreviation is written with its last stop or a capital, nor listed twice."""
    kinds = ("titles", "numbered", "general", "last")
    for entry in language_table().values():
        words = [word for kind in kinds for word in entry.get(kind, ())]

        assert all(word == word.lower() and not word.endswith(".") for word in words)
        assert all(len(entry.get(kind, ())) == len(set(entry.get(kind, ()))) for kind in kinds)
