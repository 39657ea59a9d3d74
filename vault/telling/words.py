"""What a letter says of each topic, in the controller's language: no name, no number, no word of anybody's."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from vault.telling.topics import Topic

LANGUAGES = ("fi", "sv", "en")
OTHERWISE = "en"
"""The language for a controller that speaks none of these."""

TOPICS: Mapping[Topic, tuple[str, str, str]] = MappingProxyType(
    {
        Topic.DISCLOSURE_REQUESTED: (
            "Luovutuspyyntö odottaa päätöstä",
            "En begäran om utlämnande väntar på beslut",
            "A request for disclosure waits for a decision",
        ),
        Topic.DISCLOSURE_UNDECIDED: (
            "Luovutuspyynnöstä ei ole vielä päätetty",
            "Ingen har ännu beslutat om en begäran om utlämnande",
            "A request for disclosure is still undecided",
        ),
        Topic.DISCLOSURE_LAPSED: (
            "Luovutuspyyntö raukesi, koska siitä ei päätetty ajoissa",
            "En begäran om utlämnande förföll eftersom den inte avgjordes i tid",
            "A request for disclosure lapsed, since nobody decided on it in time",
        ),
        Topic.DISCLOSURE_STOPPED: (
            "Hyväksytty luovutus pysäytettiin",
            "Ett godkänt utlämnande stoppades",
            "An approved disclosure was stopped",
        ),
        Topic.DISCLOSURE_REFUSED: (
            "Luovutuspyyntö hylättiin",
            "En begäran om utlämnande avslogs",
            "A request for disclosure was refused",
        ),
        Topic.DISCLOSURE_APPROVED_URGENTLY: (
            "Yksi henkilö hyväksyi kiireellisen luovutuksen; toisen on vahvistettava se vuorokauden kuluessa",
            "En person godkände ett brådskande utlämnande; en annan ska bekräfta det inom ett dygn",
            "One person approved an urgent disclosure; a second one has to confirm it within a day",
        ),
        Topic.DISCLOSURE_UNCONFIRMED: (
            "Kiireellistä luovutusta ei ole vahvistettu",
            "Ett brådskande utlämnande har inte bekräftats",
            "An urgent disclosure is not confirmed",
        ),
        Topic.DISCLOSURE_REVOKED: (
            "Luovutus peruutettiin",
            "Ett utlämnande återkallades",
            "A disclosure was revoked",
        ),
        Topic.PACKAGE_READY: (
            "Luovutettava aineisto on noudettavissa",
            "Det material som lämnas ut kan hämtas",
            "What is disclosed is ready to be fetched",
        ),
        Topic.PACKAGE_UNFETCHED: (
            "Luovutettua aineistoa ei ole noudettu, ja noutoaika päättyy pian",
            "Det utlämnade materialet har inte hämtats, och tiden går snart ut",
            "What is disclosed has not been fetched, and its time is nearly up",
        ),
        Topic.PACKAGE_FETCHED: (
            "Luovutettu aineisto on noudettu",
            "Det utlämnade materialet har hämtats",
            "What is disclosed has been fetched",
        ),
        Topic.PACKAGE_EXPIRED: (
            "Luovutetun aineiston noutoaika päättyi",
            "Tiden för att hämta det utlämnade materialet gick ut",
            "The time to fetch what is disclosed is over",
        ),
        Topic.GRANT_ENDED: (
            "Oikeus kuunnella päättyi",
            "En rätt att lyssna upphörde",
            "A grant to listen has ended",
        ),
        Topic.PERMIT_ENDING: (
            "Tutkimuslupa päättyy pian tai on päättynyt",
            "Ett forskningstillstånd går snart ut eller har gått ut",
            "A research permit ends soon or has ended",
        ),
        Topic.DUTY_COMING: (
            "Vastaanottajan on pian palautettava tai hävitettävä luovutetut tiedot",
            "Mottagaren ska snart återlämna eller förstöra de utlämnade uppgifterna",
            "A recipient soon has to return or destroy what was disclosed",
        ),
        Topic.DUTY_OVERDUE: (
            "Vastaanottaja ei ole ajoissa osoittanut palauttaneensa tai hävittäneensä luovutettuja tietoja",
            "Mottagaren har inte i tid visat att de utlämnade uppgifterna har återlämnats eller förstörts",
            "A recipient has not proved in time that what was disclosed was returned or destroyed",
        ),
        Topic.DUTY_FULFILLED: (
            "Vastaanottaja osoitti palauttaneensa tai hävittäneensä luovutetut tiedot",
            "Mottagaren visade att de utlämnade uppgifterna har återlämnats eller förstörts",
            "A recipient proved that what was disclosed was returned or destroyed",
        ),
        Topic.SUBJECT_REQUEST_RECEIVED: (
            "Rekisteröidyn pyyntö on saapunut",
            "En registrerads begäran har kommit in",
            "A data subject's request has arrived",
        ),
        Topic.SUBJECT_REQUEST_COMING: (
            "Rekisteröidyn pyyntöön on pian vastattava",
            "En registrerads begäran ska snart besvaras",
            "A data subject's request soon has to be answered",
        ),
        Topic.SUBJECT_REQUEST_OVERDUE: (
            "Rekisteröidyn pyyntöön ei ole vastattu määräajassa",
            "En registrerads begäran har inte besvarats inom tidsfristen",
            "A data subject's request was not answered in time",
        ),
        Topic.SUBJECT_REQUEST_ANSWERED: (
            "Rekisteröidyn pyyntöön on vastattu",
            "En registrerads begäran har besvarats",
            "A data subject's request has been answered",
        ),
        Topic.RECIPIENTS_TO_NOTIFY: (
            "Vastaanottajille on ilmoitettava oikaisusta, poistamisesta tai käsittelyn rajoittamisesta",
            "Mottagarna ska underrättas om rättelse, radering eller begränsning av behandlingen",
            "Recipients have to be told of a rectification, an erasure or a restriction of processing",
        ),
        Topic.TRANSCRIPT_UNKNOWN: (
            "Ei tiedetä, lähtikö chat-keskustelu sähköpostitse",
            "Det är okänt om en chattkonversation skickades per e-post",
            "It is not known whether a chat was sent by e-mail",
        ),
        Topic.GLASS_BROKEN: (
            "Ylläpito tai tietoturva avasi tallenteita poikkeuksellisesti; käyttö on tarkastettava jälkikäteen",
            "Underhållet eller säkerheten öppnade inspelningar i ett undantagsläge; användningen ska granskas efteråt",
            "Maintenance or security broke the glass to hear recordings; it has to be reviewed afterwards",
        ),
        Topic.GLASS_ENDED: (
            "Poikkeuksellinen pääsy tallenteisiin päättyi; käyttö on tarkastettava",
            "Undantagsåtkomsten till inspelningar upphörde; användningen ska granskas",
            "Broken glass was closed again; what was done under it has to be reviewed",
        ),
        Topic.GLASS_UNREVIEWED: (
            "Poikkeuksellista pääsyä tallenteisiin ei ole tarkastettu",
            "En undantagsåtkomst till inspelningar har inte granskats",
            "Broken glass has not been reviewed",
        ),
        Topic.SUPPORT_ADMITTED: (
            "Euroopan talousalueen ulkopuolelta annettava tuki sallittiin määräajaksi",
            "Stöd från ett land utanför Europeiska ekonomiska samarbetsområdet tilläts för en viss tid",
            "Support from outside of the European Economic Area was admitted for a time",
        ),
        Topic.RIGHTS_TO_REVIEW: (
            "Käyttöoikeudet on tarkistettava; mitä ei vahvisteta, poistetaan määräpäivänä",
            "Användarrättigheterna ska granskas; det som inte bekräftas tas bort på utsatt dag",
            "The rights of users have to be reviewed; what is not confirmed is removed on the day",
        ),
        Topic.RIGHTS_UNCONFIRMED: (
            "Käyttöoikeuksia on vielä vahvistamatta",
            "Alla användarrättigheter har inte bekräftats ännu",
            "Some rights of users are not confirmed yet",
        ),
        Topic.RIGHTS_REVIEWED: (
            "Käyttöoikeudet on tarkistettu, ja tarkistuksesta on allekirjoitettu pöytäkirja",
            "Användarrättigheterna har granskats, och granskningen har ett undertecknat protokoll",
            "The rights of users have been reviewed, with a signed record",
        ),
        Topic.RIGHTS_LAST_ADMINISTRATOR: (
            "Viimeisen pääkäyttäjän oikeutta ei vahvistettu, mutta sitä ei poistettu",
            "Den sista administratörens rättighet bekräftades inte men togs inte bort",
            "The right of the last administrator was not confirmed, and was not removed all the same",
        ),
        Topic.VOLUME_UNUSUAL: (
            "Henkilöstön kuuntelu- tai hakumäärä poikkeaa selvästi tavallisesta; kyse on henkilöstöstä, ei asiakkaista",
            "Personalens avlyssning eller sökning avviker klart från det vanliga; det gäller personalen, inte kunderna",
            "One of the staff listened or searched far more than usual; this is about staff, no customer is profiled",
        ),
        Topic.MEMBER_INVITED: (
            "Pääkäyttäjä tai tietosuojavastaava on kutsuttu; kutsu lähetettiin vain hänelle sähköpostitse",
            "En administratör eller ett dataskyddsombud har bjudits in; inbjudan skickades bara till personen själv",
            "An administrator or data protection officer was invited; the invitation went by e-mail to them alone",
        ),
        Topic.ACCOUNT_TAKEN_UP: (
            "Pääkäyttäjän tai tietosuojavastaavan tili otettiin käyttöön; tarkistakaa, että sen teki oikea henkilö",
            "En administratörs eller ett dataskyddsombuds konto togs i bruk; kontrollera att rätt person gjorde det",
            "An administrator's or data protection officer's account was taken up; check that it was the right person",
        ),
        Topic.ACCOUNT_CHANGED: (
            "Tilin tunnistautumista tai päättävää roolia muutettiin; tarkistakaa, että muutos oli tarkoitettu",
            "Identifieringen till ett konto eller en beslutande roll ändrades; kontrollera att ändringen var avsedd",
            "Who an account is vouched for by, or a role that decides, was changed; check that this was meant",
        ),
        Topic.ACCOUNT_GIVEN_BACK: (
            "Tili palautettiin haltijalleen kahden henkilön päätöksellä; kaikki aiemmat kirjautumistavat päättyivät",
            "Ett konto återlämnades till sin innehavare genom två personers beslut; tidigare inloggningssätt upphörde",
            "An account was given back to its owner by two persons' decision; all former ways to sign in have ended",
        ),
        Topic.ADMINISTRATOR_KEPT: (
            "Hakemisto yritti sulkea viimeisen pääkäyttäjän tilin; tili on voimassa, kunnes toinen on nimetty",
            "Katalogen försökte stänga den sista administratörens konto; det gäller tills en annan har utsetts",
            "The directory tried to stop the last administrator, who stays until another one is here",
        ),
        Topic.IDENTITY_PROVIDER_CHANGED: (
            "Henkilöstön tunnistava palvelu otettiin käyttöön, vaihdettiin tai poistettiin",
            "Tjänsten som identifierar personalen togs i bruk, byttes ut eller togs bort",
            "The provider that vouches for the staff was set, replaced or removed",
        ),
        Topic.TEAM_BACKDATED: (
            "Tiimin jäsenyys kirjattiin alkamaan takautuvasti; esihenkilö kuulee sen ajan tallenteita",
            "Ett medlemskap i ett team antecknades i efterhand; chefen hör inspelningar från den tiden",
            "A membership of a team was recorded for a time that is past; whoever leads it hears calls of then",
        ),
        Topic.WEBHOOK_DISABLED: (
            "Webhook ei ole enää käytössä, koska se ei vastaa",
            "En webhook används inte längre eftersom den inte svarar",
            "A webhook is not used any more, since it does not answer",
        ),
        Topic.WEBHOOK_TESTED: (
            "Webhookin koe",
            "Ett prov av en webhook",
            "A test of a webhook",
        ),
    }
)
"""In the order of `LANGUAGES`."""

_LETTERS: Mapping[str, str] = MappingProxyType(
    {
        "fi": "{what}.\n\nTunniste: {object}\nKatso tarkemmin: vault disclose messages (GET /v1/messages/{message})\n\n"
        "Tallenneholvi lähetti tämän viestin itsestään. Siinä ei ole henkilötietoja.\n",
        "sv": "{what}.\n\nIdentifierare: {object}\nSe närmare: vault disclose messages (GET /v1/messages/{message})\n\n"
        "Inspelningsvalvet skickade detta meddelande av sig självt. Det innehåller inga personuppgifter.\n",
        "en": "{what}.\n\nIdentifier: {object}\nSee: vault disclose messages (GET /v1/messages/{message})\n\n"
        "The recording vault sent this by itself. It holds no personal data.\n",
    }
)

_OUTSIDE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "fi": (
            "Teille luovutettua aineistoa koskeva ilmoitus",
            "{controller} on luovuttanut teille aineistoa. Jotain siitä on oikaistu tai poistettu, tai sen käsittelyn"
            " rajoitus on muuttunut.\n\nTunniste: {object}\nKirjautukaa sisään siellä, mistä nouditte aineiston, ja"
            " katsokaa, mitä ilmoitus koskee.\n\n"
            "Tallenneholvi lähetti tämän viestin itsestään. Siinä ei ole henkilötietoja.\n",
        ),
        "sv": (
            "Meddelande om material som lämnats ut till er",
            "{controller} har lämnat ut material till er. Något av det har rättats eller raderats, eller begränsningen"
            " av dess behandling har ändrats.\n\nIdentifierare: {object}\nLogga in där ni hämtade materialet och se"
            " vad meddelandet gäller.\n\n"
            "Inspelningsvalvet skickade detta meddelande av sig självt. Det innehåller inga personuppgifter.\n",
        ),
        "en": (
            "News of what was disclosed to you",
            "{controller} has disclosed material to you. Something of it was rectified or erased, or the restriction of"
            " its use has changed.\n\nIdentifier: {object}\nSign in where you fetched it, and see what this is about."
            "\n\nThe recording vault sent this by itself. It holds no personal data.\n",
        ),
    }
)
"""What a person of outside is written, subject and text."""


def spoken(languages: tuple[str, ...]) -> str:
    """The first of a controller's languages that the vault speaks too."""
    return next((language for language in languages if language in LANGUAGES), OTHERWISE)


def said(topic: Topic, language: str) -> str:
    """A topic in words."""
    return TOPICS[topic][LANGUAGES.index(language)]


def letter(topic: Topic, language: str, *, object_id: UUID | None, message: UUID) -> str:
    """What an e-mail says of a message: its topic, the id of what it is about, and where the rest is read."""
    return _LETTERS[language].format(what=said(topic, language), object=object_id or "-", message=message)


def outside(language: str, *, object_id: UUID | None, controller: str) -> tuple[str, str]:
    """Subject and text of a letter to a person of outside: there is news of what they received, once they sign in."""
    subject, text = _OUTSIDE[language]
    return subject, text.format(object=object_id or "-", controller=controller)
