"""What the answer to Art. 15(1) says, in Finnish, Swedish and English; a clause is quoted as it was published."""

from typing import Final

from vault.packages.words import COMMON
from vault.printing import Rows, Words, words_in


def words(language: str) -> Words:
    """The words of one of our languages."""
    return words_in(language, _WORDS)


_WORDS: Final[Rows] = {
    **COMMON,
    "title": ("Tiedot käsittelystä", "Uppgifter om behandlingen", "How your data are processed"),
    "lead": (
        "Yleisen tietosuoja-asetuksen 15 artiklan 1 kohta",
        "Allmänna dataskyddsförordningen, artikel 15.1",
        "General Data Protection Regulation, Art. 15(1)",
    ),
    "whose": ("Kuka tietoja käsittelee", "Vem som behandlar uppgifterna", "Who processes the data"),
    "written": ("Laadittu", "Upprättad", "Written"),
    "purposes": ("Mihin tietoja käytetään", "Vad uppgifterna används till", "What the data are used for"),
    "basis": ("Oikeusperuste", "Rättslig grund", "Legal basis"),
    "article": ("{article} artikla", "artikel {article}", "Art. {article}"),
    "categories": ("Mitä tietoja käsitellään", "Vilka uppgifter som behandlas", "Which data are processed"),
    "retention": ("Kuinka kauan tietoja säilytetään", "Hur länge uppgifterna lagras", "How long the data are kept"),
    "part": ("Tiedot", "Uppgifter", "Data"),
    "keep": ("Säilytysaika", "Lagringstid", "Kept for"),
    "recipients": ("Kenelle tietoja on annettu", "Vem som har fått uppgifterna", "Who received the data"),
    "who.agent": (
        "Puhelun tai keskustelun asiakaspalvelija",
        "Samtalets eller konversationens kundrådgivare",
        "The agent of the call or chat",
    ),
    "who.data_subject": ("Asiakas", "Kunden", "The customer"),
    "received": ("Annettu", "Utlämnat", "Given"),
    "nobody": (
        "Tietoja ei ole luovutettu kenellekään rekisterinpitäjän ulkopuolelle.",
        "Uppgifterna har inte lämnats ut till någon utanför den personuppgiftsansvariga.",
        "The data were given to nobody outside of the controller.",
    ),
    "listens": (
        "Milloin ja miksi tallenteita on kuunneltu tai luettu",
        "När och varför inspelningarna har avlyssnats eller lästs",
        "When and why the recordings were listened to or read",
    ),
    "when": ("Milloin", "När", "When"),
    "why": ("Miksi", "Varför", "Why"),
    "not_listened": (
        "Tallenteita ei ole kuunneltu eikä luettu.",
        "Inspelningarna har varken avlyssnats eller lästs.",
        "Nobody has listened to the recordings, or read them.",
    ),
    "consulted": (
        "Milloin tallenteiden tietoja on katsottu muuten",
        "När uppgifter om inspelningarna har lästs på annat sätt",
        "When the recordings were consulted otherwise",
    ),
    "read": ("Mitä on katsottu", "Vad som lästes", "What was read"),
    "consulted.contact": ("yhteystiedot", "kontaktuppgifterna", "the contact record"),
    "consulted.notes": ("muistiinpanot", "anteckningarna", "the notes"),
    "notes": (
        "Mitä tallenteista on merkitty muistiin",
        "Vad som har antecknats om inspelningarna",
        "What was noted of the recordings",
    ),
    "moment": ("Kohta", "Vid", "At"),
    "noted": ("Muistiinpano", "Anteckning", "Note"),
    "rights": ("Mitkä ovat oikeutenne", "Vilka rättigheter Ni har", "What your rights are"),
    "right.access": ("Pääsy tietoihin (15 artikla)", "Tillgång (artikel 15)", "Access (Art. 15)"),
    "right.rectification": ("Oikaisu (16 artikla)", "Rättelse (artikel 16)", "Rectification (Art. 16)"),
    "right.erasure": ("Poistaminen (17 artikla)", "Radering (artikel 17)", "Erasure (Art. 17)"),
    "right.restriction": (
        "Käsittelyn rajoittaminen (18 artikla)",
        "Begränsning (artikel 18)",
        "Restriction (Art. 18)",
    ),
    "right.portability": (
        "Siirtäminen toiseen järjestelmään (20 artikla)",
        "Dataportabilitet (artikel 20)",
        "Portability (Art. 20)",
    ),
    "right.objection": ("Vastustaminen (21 artikla)", "Invändning (artikel 21)", "Objection (Art. 21)"),
    "granted": ("Teillä on tämä oikeus.", "Ni har denna rättighet.", "You have this right."),
    "not_granted": (
        "Tätä oikeutta ei ole tähän käsittelyyn.",
        "Denna rättighet gäller inte denna behandling.",
        "This right does not apply to this processing.",
    ),
    "by_law": (
        "Teillä on tämä oikeus asetuksessa säädetyin edellytyksin.",
        "Ni har denna rättighet under de förutsättningar som anges i förordningen.",
        "You have this right under the conditions of the Regulation.",
    ),
    "complaint": ("Valitus", "Klagomål", "Complaint"),
    "complaint.text": (
        "Voitte tehdä valituksen valvontaviranomaiselle, Suomessa tietosuojavaltuutetulle (tietosuoja.fi).",
        "Ni kan lämna in klagomål till tillsynsmyndigheten, i Finland dataombudsmannen (tietosuoja.fi).",
        "You may complain to the supervisory authority, in Finland the Data Protection Ombudsman (tietosuoja.fi).",
    ),
    "source": ("Mistä tiedot ovat", "Varifrån uppgifterna kommer", "Where the data come from"),
    "source.text": (
        "Tiedot ovat syntyneet yhteydenotosta itsestään: siitä, mitä siinä sanottiin tai kirjoitettiin, ja "
        "viestintäjärjestelmästä, joka välitti sen.",
        "Uppgifterna har uppstått vid själva kontakten: genom det som sades eller skrevs och genom det "
        "kommunikationssystem som förmedlade den.",
        "The data come from the contact itself: from what was said or written in it, and from the telephony or chat "
        "system that carried it.",
    ),
    "automated": ("Automaattinen päätöksenteko", "Automatiserat beslutsfattande", "Automated decisions"),
    "automated.none": (
        "Tiedoilla ei tehdä automaattisia päätöksiä eikä profilointia.",
        "Uppgifterna används varken för automatiserade beslut eller för profilering.",
        "Nothing is decided automatically from the data, and nobody is profiled.",
    ),
    "automated.some": (
        "Automaattisia päätöksiä tai profilointia tehdään, kuten selosteessa kerrotaan.",
        "Automatiserade beslut eller profilering förekommer enligt beskrivningen.",
        "There are automated decisions or profiling, as the notice says.",
    ),
    "transfers": ("Missä tietoja säilytetään", "Var uppgifterna lagras", "Where the data are kept"),
    "class.content": ("sisältö", "innehåll", "content"),
    "class.contact": ("yhteystiedot", "kontaktuppgifter", "contact record"),
    "class.identifiers": ("tunnisteet", "identifierare", "identifiers"),
    "keep.contract": ("sopimuksen ajan", "så länge avtalet gäller", "as long as the contract lasts"),
    "keep.Y": ("{count} vuotta", "{count} år", "{count} years"),
    "keep.M": ("{count} kuukautta", "{count} månader", "{count} months"),
    "keep.W": ("{count} viikkoa", "{count} veckor", "{count} weeks"),
    "keep.D": ("{count} päivää", "{count} dagar", "{count} days"),
    "keep.TH": ("{count} tuntia", "{count} timmar", "{count} hours"),
    "keep.TM": ("{count} minuuttia", "{count} minuter", "{count} minutes"),
    "keep.one.Y": ("vuoden", "ett år", "one year"),
    "keep.one.M": ("kuukauden", "en månad", "one month"),
    "keep.one.W": ("viikon", "en vecka", "one week"),
    "keep.one.D": ("päivän", "en dag", "one day"),
    "keep.one.TH": ("tunnin", "en timme", "one hour"),
    "keep.one.TM": ("minuutin", "en minut", "one minute"),
    "use.consent": (
        "rekisteröidyn suostumus (18 artiklan 2 kohta)",
        "den registrerades samtycke (artikel 18.2)",
        "the data subject's consent (Art. 18(2))",
    ),
    "use.legal_claims": (
        "oikeusvaade (18 artiklan 2 kohta)",
        "rättsliga anspråk (artikel 18.2)",
        "legal claims (Art. 18(2))",
    ),
    "use.rights_of_another": (
        "toisen henkilön oikeuksien suojaaminen (18 artiklan 2 kohta)",
        "skydd för någon annans rättigheter (artikel 18.2)",
        "the rights of another person (Art. 18(2))",
    ),
    "use.public_interest": (
        "tärkeä yleinen etu (18 artiklan 2 kohta)",
        "ett viktigt allmänintresse (artikel 18.2)",
        "an important public interest (Art. 18(2))",
    ),
}
