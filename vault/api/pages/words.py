"""The pages' words in the three languages of the notices; each language has all of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct


class Words(Struct, frozen=True, kw_only=True):
    """All words of the pages in one language."""

    title: str
    sign_in: str
    sign_out: str
    controller: str
    controller_hint: str
    email: str
    password: str
    again: str
    invited: str
    invitation: str
    invitation_hint: str
    set_password: str
    password_hint: str
    code: str
    code_hint: str
    first_code_hint: str
    go_on: str
    app_hint: str
    app_link: str
    recovery_codes: str
    recovery_hint: str
    unfit: str
    wait: str
    wrong: str
    differs: str
    spent: str
    no_matters: str
    from_whom: str
    kind: str
    basis: str
    recordings: str
    minutes: str
    until: str
    duty_until: str
    left: str
    any_number: str
    file: str
    size: str
    bytes: str
    fingerprint: str
    sealed_to: str
    age_key: str
    certificate: str
    download: str
    begin: str
    goes_on: str
    once: str
    how_to_open: str
    how_to_check: str
    check_hint: str
    inside: str
    key_missing: str
    key_hint: str
    key_unfit: str
    use_key: str
    make_key: str
    make_key_hint: str
    key_made: str
    key_made_hint: str
    making: str
    back: str
    not_here: str
    over: str
    not_now: str
    stopped: str
    refused: str
    try_again: str
    news: str
    news_hint: str
    take_note: str
    noted: str
    causes: Mapping[str, str]
    kinds: Mapping[str, str]
    states: Mapping[str, str]


ENGLISH: Final = Words(
    title="Recordings given to you",
    sign_in="Sign in",
    sign_out="Sign out",
    controller="Controller",
    controller_hint="The short name of who gives it, as the invitation says",
    email="E-mail address",
    password="Password",  # noqa: S106 - a word of the page
    again="Password once more",
    invited="Were you invited? Choose a password first.",
    invitation="Invitation",
    invitation_hint="The code that you were handed",
    set_password="Choose a password",  # noqa: S106 - a word for people
    password_hint="At least 12 characters",  # noqa: S106 - a word for people
    code="Code",
    code_hint="Of your authenticator app, or a recovery code",
    first_code_hint="The one that the app shows now",
    go_on="Go on",
    app_hint="Enter this secret into an authenticator app. It is shown on this page alone.",
    app_link="Open it in an app on this device",
    recovery_codes="Recovery codes",
    recovery_hint="Each stands in for the app once. Keep them safe: they are shown on this page alone.",
    unfit="The password is too weak, or the code is not of the secret that was shown. Here is another secret.",
    wait="There were too many attempts. Try again later.",
    wrong="The address, the password or the code is wrong.",
    differs="The two passwords differ.",
    spent="The invitation is unknown, spent or out of date.",
    no_matters="There is nothing for you here.",
    from_whom="Given by",
    kind="What it is",
    basis="Legal basis",
    recordings="Recordings",
    minutes="Minutes",
    until="To be fetched until",
    duty_until="To be returned or destroyed by",
    left="Fetches left",
    any_number="any number",
    file="File",
    size="Size",
    bytes="bytes",
    fingerprint="SHA-256 of the file",
    sealed_to="Sealed to",
    age_key="your age key",
    certificate="your certificate, SHA-256",
    download="Download the file",
    begin="Begin to fetch it",
    goes_on="A download that breaks off is resumed until every byte was sent.",
    once="Beginning counts as one fetch.",
    how_to_open="How to open it",
    how_to_check="How to check it",
    check_hint="The file is whole if this shows the SHA-256 above:",
    inside="Inside, README.txt says how every file and the controller's signature are checked.",
    key_missing="It is packed once it is known to which key of yours it is sealed.",
    key_hint="Your age key (age1…), or your certificate in PEM",
    key_unfit="Nothing can be sealed to this key: give an age key, or a certificate that is valid and made for it.",
    use_key="Seal it to this key",
    make_key="Make a key for me",
    make_key_hint="If you have none. It is shown to you once and not kept here.",
    key_made="Your key",
    key_made_hint="Keep it in a file now, for example key.txt. Nobody can show it again, or open the file without it.",
    making="It is being packed. Load this page again in a while.",
    back="Back",
    not_here="There is nothing here that you may see.",
    over="Nothing is given here any more: its time is over, it was fetched already, or it was revoked.",
    not_now="It was fetched as often as was approved, or waits for a second person's confirmation.",
    stopped="It was stopped: what allowed it does not hold any more.",
    refused="This cannot be done.",
    try_again="Something did not answer. Try again in a while.",
    news="What happened since",
    news_hint="Apply it to what you received (GDPR Art. 19), and take note of it here.",
    take_note="Take note",
    noted="noted",
    causes=MappingProxyType(
        {
            "rectified": "rectified: a statement of the data subject was added; the controller gives it to you",
            "erased": "erased",
            "restricted": "its use is restricted",
            "lifted": "the restriction of its use has ended",
        }
    ),
    kinds=MappingProxyType(
        {
            "authority": "Disclosure to an authority",
            "group": "Disclosure within a group of companies",
            "research": "Temporary disclosure for research",
            "subject_access": "A copy of your own data (GDPR Art. 15)",
            "agent_access": "A copy of your own calls (GDPR Art. 15)",
            "on_site_review": "Review on site",
            "transcript_to_email": "Transcript by e-mail",
            "evidence": "Evidence in a dispute",
        }
    ),
    states=MappingProxyType(
        {
            "requested": "asked for",
            "half_approved": "being decided",
            "refused": "refused",
            "withdrawn": "withdrawn",
            "lapsed": "not decided in time",
            "approved": "approved, not packed yet",
            "ready": "ready to be fetched",
            "received": "fetched",
            "active": "open",
            "fulfilled": "done",
            "expired": "not fetched in time",
            "revoked": "revoked",
            "stopped": "stopped",
        }
    ),
)

FINNISH: Final = Words(
    title="Teille luovutetut tallenteet",
    sign_in="Kirjaudu sisään",
    sign_out="Kirjaudu ulos",
    controller="Rekisterinpitäjä",
    controller_hint="Luovuttajan lyhyt nimi, kuten kutsussa lukee",
    email="Sähköpostiosoite",
    password="Salasana",  # noqa: S106 - a word for people
    again="Salasana uudelleen",
    invited="Saitteko kutsun? Valitkaa ensin salasana.",
    invitation="Kutsu",
    invitation_hint="Koodi, joka teille annettiin",
    set_password="Valitse salasana",  # noqa: S106 - a word for people
    password_hint="Vähintään 12 merkkiä",  # noqa: S106 - a word for people
    code="Koodi",
    code_hint="Todennussovelluksesta, tai palautuskoodi",
    first_code_hint="Se, jonka sovellus nyt näyttää",
    go_on="Jatka",
    app_hint="Syötä tämä salaisuus todennussovellukseen. Se näkyy vain tällä sivulla.",
    app_link="Avaa se tämän laitteen sovelluksessa",
    recovery_codes="Palautuskoodit",
    recovery_hint="Kukin korvaa sovelluksen kerran. Säilytä ne turvassa: ne näkyvät vain tällä sivulla.",
    unfit="Salasana on liian heikko, tai koodi ei vastaa näytettyä salaisuutta. Tässä on uusi salaisuus.",
    wait="Yrityksiä oli liian monta. Yritä myöhemmin uudelleen.",
    wrong="Osoite, salasana tai koodi on väärin.",
    differs="Salasanat eivät ole samat.",
    spent="Kutsua ei tunneta, tai se on käytetty tai vanhentunut.",
    no_matters="Täällä ei ole teille mitään.",
    from_whom="Luovuttaja",
    kind="Mistä on kyse",
    basis="Oikeusperuste",
    recordings="Tallenteita",
    minutes="Minuutteja",
    until="Noudettava viimeistään",
    duty_until="Palautettava tai hävitettävä viimeistään",
    left="Noutoja jäljellä",
    any_number="rajaton määrä",
    file="Tiedosto",
    size="Koko",
    bytes="tavua",
    fingerprint="Tiedoston SHA-256",
    sealed_to="Salattu avaimelle",
    age_key="age-avaimenne",
    certificate="varmenteenne, SHA-256",
    download="Lataa tiedosto",
    begin="Aloita nouto",
    goes_on="Katkennutta latausta jatketaan, kunnes jokainen tavu on lähetetty.",
    once="Aloittaminen lasketaan yhdeksi noudoksi.",
    how_to_open="Näin se avataan",
    how_to_check="Näin se tarkistetaan",
    check_hint="Tiedosto on eheä, jos tämä näyttää yllä olevan SHA-256-arvon:",
    inside="Paketin README.txt kertoo, miten jokainen tiedosto ja rekisterinpitäjän allekirjoitus tarkistetaan.",
    key_missing="Paketti tehdään, kun tiedetään, mille avaimellenne se salataan.",
    key_hint="Age-avaimenne (age1…) tai varmenteenne PEM-muodossa",
    key_unfit="Tälle avaimelle ei voi salata: antakaa age-avain tai voimassa oleva, tähän tarkoitettu varmenne.",
    use_key="Salaa tälle avaimelle",
    make_key="Tee minulle avain",
    make_key_hint="Jos teillä ei ole avainta. Se näytetään kerran, eikä sitä säilytetä täällä.",
    key_made="Avaimenne",
    key_made_hint="Tallentakaa se nyt tiedostoon, esimerkiksi key.txt. Sitä ei voi näyttää uudelleen, eikä tiedosto"
    " aukea ilman sitä.",
    making="Pakettia tehdään. Ladatkaa sivu hetken päästä uudelleen.",
    back="Takaisin",
    not_here="Täällä ei ole mitään, mitä saisitte nähdä.",
    over="Tätä ei enää luovuteta: aika on päättynyt, se on jo noudettu tai luovutus on peruttu.",
    not_now="Se on noudettu niin monta kertaa kuin hyväksyttiin, tai se odottaa toisen henkilön vahvistusta.",
    stopped="Luovutus on keskeytetty: sen peruste ei ole enää voimassa.",
    refused="Tätä ei voi tehdä.",
    try_again="Jokin ei vastannut. Yrittäkää hetken päästä uudelleen.",
    news="Mitä on tapahtunut sen jälkeen",
    news_hint="Ottakaa tämä huomioon siinä, mitä saitte (tietosuoja-asetuksen 19 artikla), ja kuitatkaa tässä.",
    take_note="Kuittaa",
    noted="kuitattu",
    causes=MappingProxyType(
        {
            "rectified": "oikaistu: rekisteröidyn lausuma on lisätty; saatte sen rekisterinpitäjältä",
            "erased": "poistettu",
            "restricted": "sen käsittelyä on rajoitettu",
            "lifted": "käsittelyn rajoitus on päättynyt",
        }
    ),
    kinds=MappingProxyType(
        {
            "authority": "Luovutus viranomaiselle",
            "group": "Luovutus konsernin sisällä",
            "research": "Määräaikainen luovutus tutkimukseen",
            "subject_access": "Jäljennös omista tiedoistanne (tietosuoja-asetuksen 15 artikla)",
            "agent_access": "Jäljennös omista puheluistanne (tietosuoja-asetuksen 15 artikla)",
            "on_site_review": "Tutustuminen paikan päällä",
            "transcript_to_email": "Keskustelu sähköpostiin",
            "evidence": "Todiste riita-asiassa",
        }
    ),
    states=MappingProxyType(
        {
            "requested": "pyydetty",
            "half_approved": "päätettävänä",
            "refused": "evätty",
            "withdrawn": "peruutettu",
            "lapsed": "ei päätetty ajoissa",
            "approved": "hyväksytty, ei vielä pakattu",
            "ready": "noudettavissa",
            "received": "noudettu",
            "active": "avoinna",
            "fulfilled": "valmis",
            "expired": "ei noudettu ajoissa",
            "revoked": "peruttu",
            "stopped": "keskeytetty",
        }
    ),
)

SWEDISH: Final = Words(
    title="Inspelningar som lämnats ut till er",
    sign_in="Logga in",
    sign_out="Logga ut",
    controller="Personuppgiftsansvarig",
    controller_hint="Det korta namnet på den som lämnar ut, enligt inbjudan",
    email="E-postadress",
    password="Lösenord",  # noqa: S106 - a word for people
    again="Lösenordet en gång till",
    invited="Har ni fått en inbjudan? Välj först ett lösenord.",
    invitation="Inbjudan",
    invitation_hint="Koden som ni har fått",
    set_password="Välj lösenord",  # noqa: S106 - a word for people
    password_hint="Minst 12 tecken",  # noqa: S106 - a word for people
    code="Kod",
    code_hint="Från autentiseringsappen, eller en återställningskod",
    first_code_hint="Den som appen visar nu",
    go_on="Fortsätt",
    app_hint="Mata in denna hemlighet i en autentiseringsapp. Den visas bara på denna sida.",
    app_link="Öppna den i en app på denna enhet",
    recovery_codes="Återställningskoder",
    recovery_hint="Var och en ersätter appen en gång. Förvara dem säkert: de visas bara på denna sida.",
    unfit="Lösenordet är för svagt, eller koden hör inte till hemligheten som visades. Här är en ny hemlighet.",
    wait="Det var för många försök. Försök igen senare.",
    wrong="Adressen, lösenordet eller koden är fel.",
    differs="Lösenorden är inte lika.",
    spent="Inbjudan är okänd, använd eller för gammal.",
    no_matters="Här finns ingenting för er.",
    from_whom="Utlämnat av",
    kind="Vad det är",
    basis="Rättslig grund",
    recordings="Inspelningar",
    minutes="Minuter",
    until="Hämtas senast",
    duty_until="Återlämnas eller förstörs senast",
    left="Hämtningar kvar",
    any_number="obegränsat",
    file="Fil",
    size="Storlek",
    bytes="byte",
    fingerprint="Filens SHA-256",
    sealed_to="Krypterad till",
    age_key="er age-nyckel",
    certificate="ert certifikat, SHA-256",
    download="Ladda ned filen",
    begin="Börja hämta",
    goes_on="En nedladdning som avbryts fortsätter tills varje byte har sänts.",
    once="Att börja räknas som en hämtning.",
    how_to_open="Så öppnas den",
    how_to_check="Så kontrolleras den",
    check_hint="Filen är hel om detta visar SHA-256 ovan:",
    inside="README.txt i paketet berättar hur varje fil och den ansvarigas underskrift kontrolleras.",
    key_missing="Paketet görs när det är känt till vilken av era nycklar det krypteras.",
    key_hint="Er age-nyckel (age1…) eller ert certifikat i PEM",
    key_unfit="Det går inte att kryptera till nyckeln: ge en age-nyckel eller ett giltigt certifikat för ändamålet.",
    use_key="Kryptera till nyckeln",
    make_key="Gör en nyckel åt mig",
    make_key_hint="Om ni inte har någon. Den visas en gång och sparas inte här.",
    key_made="Er nyckel",
    key_made_hint="Spara den nu i en fil, till exempel key.txt. Den visas inte igen, och filen öppnas inte utan den.",
    making="Paketet görs. Ladda sidan på nytt om en stund.",
    back="Tillbaka",
    not_here="Här finns ingenting som ni får se.",
    over="Detta lämnas inte längre ut: tiden är ute, det är redan hämtat eller återkallat.",
    not_now="Det är hämtat så ofta som godkändes, eller väntar på en andra persons bekräftelse.",
    stopped="Utlämnandet är stoppat: grunden för det gäller inte längre.",
    refused="Detta går inte.",
    try_again="Något svarade inte. Försök igen om en stund.",
    news="Vad som har hänt sedan dess",
    news_hint="Beakta detta i det som ni har fått (artikel 19 i dataskyddsförordningen) och kvittera här.",
    take_note="Kvittera",
    noted="kvitterat",
    causes=MappingProxyType(
        {
            "rectified": "rättad: den registrerades uttalande har lagts till och fås av den personuppgiftsansvarige",
            "erased": "raderad",
            "restricted": "behandlingen av den är begränsad",
            "lifted": "begränsningen av behandlingen har upphört",
        }
    ),
    kinds=MappingProxyType(
        {
            "authority": "Utlämnande till myndighet",
            "group": "Utlämnande inom koncernen",
            "research": "Tidsbegränsat utlämnande för forskning",
            "subject_access": "En kopia av era egna uppgifter (dataskyddsförordningen artikel 15)",
            "agent_access": "En kopia av era egna samtal (dataskyddsförordningen artikel 15)",
            "on_site_review": "Granskning på plats",
            "transcript_to_email": "Konversationen per e-post",
            "evidence": "Bevis i en tvist",
        }
    ),
    states=MappingProxyType(
        {
            "requested": "begärt",
            "half_approved": "avgörs",
            "refused": "avslaget",
            "withdrawn": "återtaget",
            "lapsed": "avgjordes inte i tid",
            "approved": "godkänt, inte packat än",
            "ready": "kan hämtas",
            "received": "hämtat",
            "active": "öppet",
            "fulfilled": "klart",
            "expired": "hämtades inte i tid",
            "revoked": "återkallat",
            "stopped": "stoppat",
        }
    ),
)

LANGUAGES: Final[Mapping[str, Words]] = MappingProxyType({"fi": FINNISH, "sv": SWEDISH, "en": ENGLISH})
"""By code; the first is what somebody gets who asks for none of them."""
