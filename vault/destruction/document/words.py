"""What a certificate's document says, in Finnish, Swedish and English; a clause is quoted as it was published.

Every language has the same words. Placeholders in braces are numbers and names, filled in by `pages`.
"""

from typing import Final

from vault.printing import Rows, Words, spoken, words_in


def words(language: str) -> Words:
    """The words of a language; English ones where there are none."""
    return words_in(spoken([language]), _WORDS)


_WORDS: Final[Rows] = {
    "title": ("Todistus tietojen hävittämisestä", "Intyg om förstöring av uppgifter", "Certificate of destruction"),
    "lead": (
        "Yleisen tietosuoja-asetuksen 28 artiklan 3 kohdan g alakohta; NIST SP 800-88r2, 4.6",
        "Allmänna dataskyddsförordningen, artikel 28.3 g; NIST SP 800-88r2, 4.6",
        "General Data Protection Regulation, Art. 28(3)(g); NIST SP 800-88r2, 4.6",
    ),
    "certificate": ("Todistus", "Intyg", "Certificate"),
    "quote": ("”{text}”", "”{text}”", "“{text}”"),
    "page": ("Sivu {page}/{pages}", "Sida {page}/{pages}", "Page {page} of {pages}"),
    "whose": ("Kenen tiedot", "Vems uppgifter", "Whose"),
    "controller": ("Rekisterinpitäjä", "Personuppgiftsansvarig", "Controller"),
    "contract": ("Sopimus", "Avtal", "Contract"),
    "term": ("Sopimuskausi", "Avtalstid", "Contract term"),
    "summary": (
        "Hävitettyjä tallenteiden osia: {parts}. Tallenteita, joista ei ole jäljellä mitään: {recordings}. "
        "Avaimet hävitettiin {key_at}. Viimeinen varmuuskopio poistuu {gone_at}.",
        "Förstörda delar av inspelningar: {parts}. Inspelningar av vilka ingenting återstår: {recordings}. "
        "Nycklarna förstördes {key_at}. Den sista säkerhetskopian försvinner {gone_at}.",
        "Parts of recordings destroyed: {parts}. Recordings of which nothing is left: {recordings}. "
        "The keys were destroyed on {key_at}. The last backup copy is gone on {gone_at}.",
    ),
    "what": ("Mitä hävitettiin", "Vad som förstördes", "What was destroyed"),
    "kind": ("Laji", "Slag", "Kind"),
    "part": ("Osa", "Del", "Part"),
    "rule": ("Ehto", "Villkor", "Clause"),
    "count": ("Kappaletta", "Antal", "Parts"),
    "bytes": ("Tavua", "Byte", "Bytes"),
    "total": ("Yhteensä", "Totalt", "Total"),
    "root": ("Merkle-juuri (SHA-256)", "Merkle-rot (SHA-256)", "Merkle root (SHA-256)"),
    "why": ("Miksi", "Varför", "Why"),
    "reason": ("Peruste", "Grund", "Reason"),
    "clauses": ("Täytetty lupaus", "Löfte som uppfylldes", "Promise kept"),
    "version": ("versio {version}", "version {version}", "version {version}"),
    "who": ("Kuka päätti", "Vem som beslutade", "Who decided"),
    "decision": ("Päätös", "Beslut", "Decision"),
    "proposal": ("Esitys", "Förslag", "Proposal"),
    "return_waived": ("Palautuksesta luovuttu, esitys", "Återlämning avstådd, förslag", "Return waived, proposal"),
    "how": ("Mitä tehtiin", "Vad som gjordes", "What was done"),
    "method": ("Menetelmä", "Metod", "Method"),
    "purge": (
        "Purge (NIST SP 800-88r2): ensin salausavainten hävittäminen (cryptographic erase), "
        "sitten salatun tiedon poistaminen jokaisena versiona",
        "Purge (NIST SP 800-88r2): först förstörs krypteringsnycklarna (cryptographic erase), "
        "sedan raderas den krypterade informationen i varje version",
        "Purge (NIST SP 800-88r2): cryptographic erase first, then deletion of the ciphertext in every version",
    ),
    "keys": ("Hävitetyt avaimet", "Förstörda nycklar", "Keys destroyed"),
    "tenant_key": (
        "{keys}, niiden joukossa rekisterinpitäjän oma avain",
        "{keys}, däribland den personuppgiftsansvarigas egen nyckel",
        "{keys}, the controller's own key among them",
    ),
    "removed": ("Poistettu tallennustilasta", "Raderat ur lagringen", "Removed from the store"),
    "removed_counts": (
        "{versions} objektiversiota, {markers} poistomerkintää, {uploads} keskeneräistä lähetystä",
        "{versions} objektversioner, {markers} raderingsmarkörer, {uploads} oavslutade uppladdningar",
        "{versions} object versions, {markers} delete markers, {uploads} unfinished uploads",
    ),
    "bucket": ("Tallennustila", "Lagringsutrymme", "Bucket"),
    "bucket_removed": ("{bucket} (poistettu)", "{bucket} (borttaget)", "{bucket} (removed)"),
    "verified": ("Miten todennettiin", "Hur det verifierades", "How it was verified"),
    "verifier": ("Todentaja", "Verifierare", "Verified by"),
    "separate": (
        "Erillinen prosessi, joka ei osallistunut hävittämiseen",
        "En separat process som inte deltog i förstöringen",
        "A separate process that took no part in the destruction",
    ),
    "same": (
        "Sama prosessi, joka hävitti",
        "Samma process som utförde förstöringen",
        "The process that carried out the destruction",
    ),
    "verified_at": ("Todennettu", "Verifierat", "Verified on"),
    "openings": ("Avausyritykset", "Försök att öppna", "Attempts to open"),
    "openings_counts": (
        "{attempted} yritetty, {refused} torjuttu",
        "{attempted} försök, {refused} avvisade",
        "{attempted} made, {refused} refused",
    ),
    "left": ("Jäljellä", "Återstår", "Left"),
    "left_counts": (
        "{versions} objektiversiota ({listings} listausta), {rows} riviä luettelossa",
        "{versions} objektversioner ({listings} listningar), {rows} rader i katalogen",
        "{versions} object versions ({listings} listings), {rows} rows in the catalogue",
    ),
    "when": ("Milloin", "När", "When"),
    "started": ("Hävittäminen alkoi", "Förstöringen inleddes", "Destruction began"),
    "key_destroyed": ("Avaimet hävitetty", "Nycklarna förstörda", "Keys destroyed"),
    "caches": (
        "Mikään prosessi ei muista avainta",
        "Ingen process minns nyckeln",
        "No process remembers a key",
    ),
    "root_key": (
        "Juuriavaimen poisto odottaa (KMS), valmis",
        "Radering av rotnyckeln pågår (KMS), klar",
        "Root key deletion pending (KMS), until",
    ),
    "ciphertext": ("Salattu tieto poistettu", "Krypterad information raderad", "Ciphertext removed"),
    "completed": ("Todistus annettu", "Intyget utfärdat", "Certificate issued"),
    "keyring_gone": (
        "Avainrenkaan varmuuskopiot poistuvat ({horizon})",
        "Nyckelringens säkerhetskopior försvinner ({horizon})",
        "Backups of the keyring gone ({horizon})",
    ),
    "catalogue_gone": (
        "Luettelon varmuuskopiot poistuvat ({horizon})",
        "Katalogens säkerhetskopior försvinner ({horizon})",
        "Backups of the catalogue gone ({horizon})",
    ),
    "gone": ("Kaikki on poissa", "Allt är borta", "Everything is gone"),
    "log": ("Tapahtumaloki", "Händelselogg", "Audit log"),
    "event": ("Tapahtuma nro", "Händelse nr", "Event number"),
    "leaf": ("Tapahtuman tiiviste", "Händelsens hash", "Hash of the event"),
    "log_size": ("Tapahtumia lokissa", "Händelser i loggen", "Events in the log"),
    "log_root": ("Lokin juuritiiviste", "Loggens rothash", "Root hash of the log"),
    "check": ("Miten tämä tarkistetaan", "Så kontrolleras detta", "How to check this"),
    "check_text": (
        "Allekirjoitettu todistus (JSON, Ed25519) on tämän tiedoston liitteenä: {file}. Sen tarkistaa komento "
        "vault verify tai kuka tahansa julkaistuilla työkaluilla. Tämä asiakirja on allekirjoitettu sähköisesti "
        "(PAdES) alustan varmenteella, joka on julkaistu osoitteessa /v1/certificate-key/x509. Yksittäisen tallenteen "
        "hävittäminen voidaan osoittaa Merkle-juurta vasten näyttämättä muita.",
        "Det undertecknade intyget (JSON, Ed25519) är en bilaga till denna fil: {file}. Det kontrolleras med kommandot "
        "vault verify eller av vem som helst med publicerade verktyg. Detta dokument är elektroniskt undertecknat "
        "(PAdES) med plattformens certifikat, som är publicerat på /v1/certificate-key/x509. Att en enskild inspelning "
        "har förstörts kan visas mot Merkle-roten utan att visa de andra.",
        "The signed certificate (JSON, Ed25519) is attached to this file: {file}. The command vault verify checks it, "
        "or anybody with published tools. This document is signed electronically (PAdES) with the platform's "
        "certificate, published at /v1/certificate-key/x509. That a single recording was destroyed can be shown "
        "against the Merkle root without showing the others.",
    ),
    "no_personal_data": (
        "Tämä asiakirja ei sisällä henkilötietoja tallenteista.",
        "Detta dokument innehåller inga personuppgifter ur inspelningarna.",
        "This document holds no personal data from the recordings.",
    ),
    "reason.expiry": ("Säilytysaika on päättynyt", "Lagringstiden har löpt ut", "The retention period is over"),
    "reason.contract_end": ("Sopimus on päättynyt", "Avtalet har upphört", "The contract is over"),
    "reason.order": (
        "Rekisterinpitäjän määräys",
        "Den personuppgiftsansvarigas order",
        "Order of the controller",
    ),
    "reason.policy_change": (
        "Säilytysaikaa on lyhennetty",
        "Lagringstiden har förkortats",
        "The retention period was shortened",
    ),
    "reason.restored": (
        "Varmuuskopio oli palauttanut jo hävitettyä; se on hävitetty uudelleen",
        "En säkerhetskopia hade återställt redan förstörda uppgifter; de har förstörts på nytt",
        "A backup had brought back what was destroyed; it was destroyed again",
    ),
    "decided.policy": (
        "Julkaistu tietosuojaseloste, versio {versions}",
        "Den publicerade integritetspolicyn, version {versions}",
        "The published privacy notice, version {versions}",
    ),
    "decided.contract": (
        "Sopimuksen viimeinen päivä",
        "Avtalets sista dag",
        "The contract's last day",
    ),
    "decided.persons": ("Kaksi henkilöä", "Två personer", "Two persons"),
    "act.proposed": ("Esittänyt", "Föreslaget av", "Proposed by"),
    "act.approved": ("Hyväksynyt", "Godkänt av", "Approved by"),
    "role.operator": ("palveluntarjoajan ylläpito", "tjänsteleverantörens drift", "operator of the processor"),
    "role.administrator": ("pääkäyttäjä", "administratör", "administrator"),
    "role.supervisor": ("esihenkilö", "arbetsledare", "supervisor"),
    "role.quality": ("laatuasiantuntija", "kvalitetsexpert", "quality expert"),
    "role.trainer": ("kouluttaja", "utbildare", "trainer"),
    "role.agent": ("asiakaspalvelija", "kundrådgivare", "agent"),
    "role.dpo": ("tietosuojavastaava", "dataskyddsombud", "data protection officer"),
    "role.recipient": ("vastaanottaja", "mottagare", "recipient"),
    "role.maintenance": ("tekninen ylläpito", "teknisk förvaltning", "technical maintenance"),
    "role.security": ("tietoturva", "informationssäkerhet", "information security"),
    "role.provisioning": ("käyttäjähallintajärjestelmä", "system för användarhantering", "user management system"),
    "role.ingest": ("tallentava järjestelmä", "inspelande system", "recording system"),
    "kind.call": ("Puhelu", "Samtal", "Call"),
    "kind.chat": ("Chat", "Chatt", "Chat"),
    "kind.chatbot": ("Chatbot-keskustelu", "Chattbotsamtal", "Chatbot talk"),
    "kind.sms_survey": ("Tekstiviestikysely", "Sms-enkät", "SMS survey"),
    "class.content": ("sisältö", "innehåll", "content"),
    "class.contact": ("yhteystiedot", "kontaktuppgifter", "contact record"),
    "class.identifiers": ("tunnisteet", "identifierare", "identifiers"),
}
