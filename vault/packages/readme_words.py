"""What a package's README says, in Finnish, Swedish and English; commands are the same in all."""

from typing import Final

from vault.packages.members import Language
from vault.printing import Rows, Words, words_in


def words(language: Language) -> Words:
    """The words of a language."""
    return words_in(language, _WORDS)


def recipient_name(name: str, language: str) -> str:
    """A recipient as a reader of this language calls them: an organisation by its name, a person by who they are."""
    return words_in(language, _PERSONS).get(name, name)


_PERSONS: Final[Rows] = {
    "data subject": ("rekisteröity", "den registrerade", "data subject"),
    "agent": ("asiakaspalvelija", "kundrådgivaren", "agent"),
}

_WORDS: Final[Rows] = {
    "title": ("LUOVUTETTU AINEISTO", "UTLÄMNAT MATERIAL", "DISCLOSED RECORDINGS"),
    "controller": ("Rekisterinpitäjä", "Personuppgiftsansvarig", "Controller"),
    "recipient": ("Vastaanottaja", "Mottagare", "Recipient"),
    "law": ("Säädösperuste", "Rättslig grund", "Legal basis"),
    "clause": ("Tietosuojaseloste", "Dataskyddsbeskrivning", "Privacy notice"),
    "purpose": ("Käyttötarkoitus", "Ändamål", "Purpose"),
    "recordings": ("Tallenteita", "Inspelningar", "Recordings"),
    "made": ("Tehty", "Skapat", "Made"),
    "duty": (
        "Palautettava tai hävitettävä viimeistään",
        "Ska återlämnas eller förstöras senast",
        "To be returned or destroyed by",
    ),
    "package": ("Paketti", "Paket", "Package"),
    "disclosure": ("Luovutus", "Utlämnande", "Disclosure"),
    "mark": ("Tunniste", "Märke", "Mark"),
    "marked": (
        "Aineisto on annettu vain tälle vastaanottajalle. Tunniste on jokaisessa paketissa oma ja kertoo,\n"
        "mistä paketista kopio on peräisin.",
        "Materialet har getts endast till denna mottagare. Varje paket har sitt eget märke, som visar\n"
        "från vilket paket en kopia kommer.",
        "This was given to this recipient only. Each package has a mark of its own, which tells from\n"
        "which package a copy comes.",
    ),
    "files": ("MITÄ PAKETISSA ON", "VAD PAKETET INNEHÅLLER", "WHAT IS IN IT"),
    "cover": (
        "luettava kansilehti: mitä on annettu, kenelle ja millä perusteella",
        "ett läsbart försättsblad: vad som getts, till vem och på vilken grund",
        "a cover to be read: what was given, to whom and on which basis",
    ),
    "folder": (
        "kunkin tallenteen tiedostot omassa kansiossaan",
        "filerna för varje inspelning i en egen mapp",
        "the files of each recording, in a folder of its own",
    ),
    "custody": (
        "tallenteiden käsittelyketju ja lokin tila paketin tekohetkellä",
        "inspelningarnas beviskedja och loggens läge när paketet skapades",
        "the chain of custody, and where the log stood when this was made",
    ),
    "manifest": (
        "allekirjoitettu luettelo kaikista tiedostoista ja niiden tiivisteistä",
        "en undertecknad förteckning över alla filer och deras kontrollsummor",
        "the signed list of all files with their hashes",
    ),
    "opening": ("AVAAMINEN", "ATT ÖPPNA", "OPENING"),
    "opened": (
        "Sinetöity tiedosto avataan vastaanottajan omalla avaimella:",
        "Den förseglade filen öppnas med mottagarens egen nyckel:",
        "The sealed file is opened with the recipient's own key:",
    ),
    "large": (
        "OpenSSL avaa enintään 2 gigatavun tiedoston; suuremman avaa alla oleva ohjelma.",
        "OpenSSL öppnar filer på högst 2 gigabyte; en större öppnas med programmet nedan.",
        "OpenSSL opens files of at most 2 gigabytes; the tool below opens larger ones.",
    ),
    "verifying": ("TARKISTAMINEN", "ATT KONTROLLERA", "VERIFYING"),
    "by_tool": (
        "Ohjelmalla, avattuna tai sinetöitynä, ilman verkkoyhteyttä. platform.pem on järjestelmän julkinen\n"
        "avain (/v1/certificate-key), joka haetaan ja säilytetään erikseen: avain, joka tulee paketin mukana,\n"
        "ei todista mitään.",
        "Med programmet, öppnat eller förseglat, utan nätverk. platform.pem är systemets offentliga nyckel\n"
        "(/v1/certificate-key), som hämtas och förvaras för sig: en nyckel som följer med paketet bevisar\n"
        "ingenting.",
        "With the tool, opened or sealed, offline. platform.pem is the platform's public key\n"
        "(/v1/certificate-key), fetched and kept apart: a key that comes with the package proves nothing.",
    ),
    "by_hand": (
        "Käsin yleisillä välineillä, kansiossa johon paketti on purettu (avain sen vieressä):",
        "För hand med vanliga verktyg, i mappen där paketet packats upp (nyckeln bredvid den):",
        "By hand with common tools, in the folder that it was unpacked to (the key beside it):",
    ),
    "hashes": (
        "1. Jokainen tiedosto on sellainen kuin luettelossa. Ei tulosta mitään.",
        "1. Varje fil är sådan som i förteckningen. Skriver inte ut något.",
        "1. Each file is as it is listed. Prints nothing.",
    ),
    "nothing_else": (
        "2. Muita tiedostoja ei ole, eikä mitään puutu. Ei tulosta mitään.",
        "2. Inga andra filer finns, och ingen saknas. Skriver inte ut något.",
        "2. There are no other files, and none is missing. Prints nothing.",
    ),
    "signature": (
        "3. Rekisterinpitäjä on allekirjoittanut luettelon. Tulostaa Signature Verified Successfully.",
        "3. Den personuppgiftsansvarige har undertecknat den. Skriver ut Signature Verified Successfully.",
        "3. The controller signed the list. Prints Signature Verified Successfully.",
    ),
    "endorsement": (
        "4. Järjestelmä vahvistaa, että avain on tämän rekisterinpitäjän. Tulostaa samoin, sitten true.",
        "4. Systemet intygar att nyckeln är den ansvariges. Skriver ut detsamma, sedan true.",
        "4. The platform vouches that the key is this controller's. Prints the same, then true.",
    ),
}
