"""The words of letters to data subjects, by language; what a notice promises is quoted in its own."""

from collections.abc import Mapping
from types import MappingProxyType

Words = Mapping[str, str]

EN: Words = MappingProxyType(
    {
        "extension.title": "We need more time for your request",
        "answer.title": "Answer to your request",
        "refusal.title": "Decision on your request",
        "lead": "Under the General Data Protection Regulation (EU) 2016/679",
        "page": "page {page} of {pages}",
        "foot": "Request {id}",
        "request": "Your request",
        "controller": "Controller",
        "received": "Received on",
        "written": "Written on",
        "right": "What you asked for",
        "number": "Request",
        "contact": "Contact",
        "dpo": "Data protection officer",
        "why": "Why",
        "extended": "Because your request is complex, or because there are many, we need two months more. You will be"
        " answered by {due} at the latest (Art. 12(3)).",
        "done": "What was done",
        "nothing_found": "We searched for you by what you told us and keep no recording that is yours.",
        "given.subject_access": "A copy of your recordings was made ready for you: the recordings themselves and"
        " transcripts, the contact records, for which purposes they are kept and for how long, who received them,"
        " and when and why each of them was listened to or read. How you get it, you are told separately.",
        "given.agent_access": "A copy of your recordings was made ready for you, with when and why each of them was"
        " listened to or read. How you get it, you are told separately.",
        "given.on_site_review": "You can listen to your recordings at the place and time that were agreed with you."
        " You may still ask for a copy as well.",
        "acts.statement": "Your statement was added to {count} recordings. What was recorded stays as it was; your"
        " statement is shown and handed over with it.",
        "acts.restriction": "The use of {count} recordings was restricted: they are kept and not used. You will be told"
        " before a restriction ends.",
        "acts.destruction": "{count} recordings were destroyed. They last stand in backups that are past use within the"
        " period that the certificate of destruction names.",
        "refused": "Your request is refused.",
        "ground": "The refusal rests on",
        "article": "GDPR Art. {number}",
        "ground.not_granted": "The right is not granted.",
        "ground.not_identified": "We could not make sure that the request is yours.",
        "ground.unfounded": "The request is manifestly unfounded.",
        "ground.excessive": "The request is excessive.",
        "ground.conditions_not_met": "What the law asks for as a condition of this right is not met.",
        "ground.rights_of_others": "It would adversely affect the rights and freedoms of others.",
        "ground.legal_obligation": "The recordings are kept to meet a legal obligation or for a task in the public"
        " interest.",
        "ground.legal_claims": "The recordings are needed for legal claims.",
        "ground.compelling_grounds": "There are compelling legitimate grounds that override your interests.",
        "restriction_ends": "While this was weighed, the use of your recordings was restricted. The restriction ends"
        " now.",
        "clause": "What the notice says",
        "remedies": "If you disagree",
        "complaint": "You have the right to lodge a complaint with a supervisory authority, in Finland the Data"
        " Protection Ombudsman (tietosuoja.fi), and the right to an effective judicial remedy (Art. 12(4), 77 and 79).",
        "right.access": "Access (Art. 15)",
        "right.rectification": "Rectification (Art. 16)",
        "right.erasure": "Erasure (Art. 17)",
        "right.restriction": "Restriction of use (Art. 18)",
        "right.portability": "Portability (Art. 20)",
        "right.objection": "Objection (Art. 21)",
    }
)

FI: Words = MappingProxyType(
    {
        "extension.title": "Tarvitsemme lisää aikaa pyyntösi käsittelyyn",
        "answer.title": "Vastaus pyyntöösi",
        "refusal.title": "Päätös pyynnöstäsi",
        "lead": "Yleisen tietosuoja-asetuksen (EU) 2016/679 mukaisesti",
        "page": "sivu {page}/{pages}",
        "foot": "Pyyntö {id}",
        "request": "Pyyntösi",
        "controller": "Rekisterinpitäjä",
        "received": "Saapunut",
        "written": "Päivätty",
        "right": "Mitä pyysit",
        "number": "Pyyntö",
        "contact": "Yhteystieto",
        "dpo": "Tietosuojavastaava",
        "why": "Perustelu",
        "extended": "Pyynnön monimutkaisuuden tai pyyntöjen määrän vuoksi tarvitsemme kaksi kuukautta lisää. Saat"
        " vastauksen viimeistään {due} (12 artiklan 3 kohta).",
        "done": "Mitä on tehty",
        "nothing_found": "Haimme tietojasi antamiesi tietojen perusteella. Meillä ei ole sinua koskevia tallenteita.",
        "given.subject_access": "Tallenteistasi on tehty sinulle jäljennös: itse tallenteet ja niiden tekstit,"
        " yhteydenoton tiedot, käsittelyn tarkoitukset ja säilytysajat, tietojen vastaanottajat sekä se, milloin ja"
        " miksi tallennetta on kuunneltu tai luettu. Saat erikseen tiedon siitä, miten saat jäljennöksen.",
        "given.agent_access": "Tallenteistasi on tehty sinulle jäljennös sekä tieto siitä, milloin ja miksi niitä on"
        " kuunneltu tai luettu. Saat erikseen tiedon siitä, miten saat jäljennöksen.",
        "given.on_site_review": "Voit kuunnella tallenteesi kanssasi sovitussa paikassa sovittuna aikana. Voit edelleen"
        " pyytää myös jäljennöksen.",
        "acts.statement": "Lausumasi on liitetty tallenteisiin (yhteensä {count}). Tallenne säilyy sellaisenaan;"
        " lausumasi näytetään ja luovutetaan sen mukana.",
        "acts.restriction": "Tallenteiden (yhteensä {count}) käsittelyä on rajoitettu: ne säilytetään, mutta niitä ei"
        " käytetä. Sinulle ilmoitetaan ennen kuin rajoitus poistetaan.",
        "acts.destruction": "Tallenteita on hävitetty {count}. Viimeiset varmuuskopiot poistuvat"
        " hävittämistodistuksessa mainitussa ajassa.",
        "refused": "Pyyntöäsi ei toteuteta.",
        "ground": "Kieltäytymisen peruste",
        "article": "tietosuoja-asetuksen artikla {number}",
        "ground.not_granted": "Oikeutta ei ole.",
        "ground.not_identified": "Emme voineet varmistua siitä, että pyyntö on sinun.",
        "ground.unfounded": "Pyyntö on ilmeisen perusteeton.",
        "ground.excessive": "Pyyntö on kohtuuton.",
        "ground.conditions_not_met": "Oikeuden edellytykset eivät täyty.",
        "ground.rights_of_others": "Pyynnön toteuttaminen vaikuttaisi haitallisesti muiden oikeuksiin ja vapauksiin.",
        "ground.legal_obligation": "Tallenteet säilytetään lakisääteisen velvoitteen noudattamiseksi tai yleistä etua"
        " koskevan tehtävän suorittamiseksi.",
        "ground.legal_claims": "Tallenteita tarvitaan oikeudellista vaadetta varten.",
        "ground.compelling_grounds": "Käsittelyyn on huomattavan tärkeä ja perusteltu syy, joka syrjäyttää etusi.",
        "restriction_ends": "Asian selvittämisen ajan tallenteidesi käsittelyä rajoitettiin. Rajoitus päättyy nyt.",
        "clause": "Mitä tietosuojaseloste sanoo",
        "remedies": "Jos olet eri mieltä",
        "complaint": "Sinulla on oikeus tehdä valitus valvontaviranomaiselle, Suomessa tietosuojavaltuutetulle"
        " (tietosuoja.fi), ja käyttää muita oikeussuojakeinoja (12 artiklan 4 kohta, 77 ja 79 artikla).",
        "right.access": "Tietojen saaminen (15 artikla)",
        "right.rectification": "Tietojen oikaiseminen (16 artikla)",
        "right.erasure": "Tietojen poistaminen (17 artikla)",
        "right.restriction": "Käsittelyn rajoittaminen (18 artikla)",
        "right.portability": "Tietojen siirtäminen (20 artikla)",
        "right.objection": "Käsittelyn vastustaminen (21 artikla)",
    }
)

SV: Words = MappingProxyType(
    {
        "extension.title": "Vi behöver mer tid för din begäran",
        "answer.title": "Svar på din begäran",
        "refusal.title": "Beslut om din begäran",
        "lead": "Enligt den allmänna dataskyddsförordningen (EU) 2016/679",
        "page": "sida {page} av {pages}",
        "foot": "Begäran {id}",
        "request": "Din begäran",
        "controller": "Personuppgiftsansvarig",
        "received": "Mottagen",
        "written": "Daterad",
        "right": "Vad du begärde",
        "number": "Begäran",
        "contact": "Kontakt",
        "dpo": "Dataskyddsombud",
        "why": "Motivering",
        "extended": "Eftersom begäran är komplicerad eller antalet begäranden är stort behöver vi två månader till. Du"
        " får svar senast {due} (artikel 12.3).",
        "done": "Vad som har gjorts",
        "nothing_found": "Vi sökte med de uppgifter som du gav. Vi har inga inspelningar som gäller dig.",
        "given.subject_access": "En kopia av dina inspelningar har gjorts klar för dig: själva inspelningarna och deras"
        " text, kontaktuppgifterna, ändamålen och lagringstiderna, mottagarna samt när och varför inspelningarna har"
        " avlyssnats eller lästs. Du får särskilt besked om hur du får kopian.",
        "given.agent_access": "En kopia av dina inspelningar har gjorts klar för dig, med uppgift om när och varför de"
        " har avlyssnats eller lästs. Du får särskilt besked om hur du får kopian.",
        "given.on_site_review": "Du kan lyssna på dina inspelningar på den plats och vid den tid som har avtalats med"
        " dig. Du kan fortfarande också begära en kopia.",
        "acts.statement": "Ditt utlåtande har fogats till inspelningarna (totalt {count}). Det inspelade bevaras som"
        " det är; utlåtandet visas och lämnas ut tillsammans med det.",
        "acts.restriction": "Behandlingen av inspelningarna (totalt {count}) har begränsats: de bevaras men används"
        " inte. Du underrättas innan begränsningen upphör.",
        "acts.destruction": "{count} inspelningar har förstörts. De sista säkerhetskopiorna försvinner inom den tid som"
        " intyget om förstöring anger.",
        "refused": "Din begäran avslås.",
        "ground": "Avslaget grundar sig på",
        "article": "dataskyddsförordningen, artikel {number}",
        "ground.not_granted": "Rätten beviljas inte.",
        "ground.not_identified": "Vi kunde inte försäkra oss om att begäran är din.",
        "ground.unfounded": "Begäran är uppenbart ogrundad.",
        "ground.excessive": "Begäran är orimlig.",
        "ground.conditions_not_met": "Villkoren för denna rätt är inte uppfyllda.",
        "ground.rights_of_others": "Det skulle inverka menligt på andras rättigheter och friheter.",
        "ground.legal_obligation": "Inspelningarna bevaras för att uppfylla en rättslig förpliktelse eller för en"
        " uppgift av allmänt intresse.",
        "ground.legal_claims": "Inspelningarna behövs för rättsliga anspråk.",
        "ground.compelling_grounds": "Det finns tvingande berättigade skäl som väger tyngre än dina intressen.",
        "restriction_ends": "Medan saken utreddes var behandlingen av dina inspelningar begränsad. Begränsningen upphör"
        " nu.",
        "clause": "Vad dataskyddsbeskrivningen säger",
        "remedies": "Om du är av annan åsikt",
        "complaint": "Du har rätt att lämna in ett klagomål till en tillsynsmyndighet, i Finland till"
        " dataombudsmannen (tietosuoja.fi), och rätt till ett effektivt rättsmedel (artiklarna 12.4, 77 och 79).",
        "right.access": "Tillgång (artikel 15)",
        "right.rectification": "Rättelse (artikel 16)",
        "right.erasure": "Radering (artikel 17)",
        "right.restriction": "Begränsning (artikel 18)",
        "right.portability": "Dataportabilitet (artikel 20)",
        "right.objection": "Invändning (artikel 21)",
    }
)

LETTERS: Mapping[str, Words] = MappingProxyType({"fi": FI, "sv": SV, "en": EN})
"""By the language of the letter; every one has the same words to say."""
