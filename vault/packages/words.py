"""What the cover of a package says, in Finnish, Swedish and English; a clause is quoted as it was published.

Every language has the same words. Placeholders in braces are numbers and names, filled in by `cover`.
"""

from typing import Final

from vault.printing import Rows, Words, words_in


def words(language: str) -> Words:
    """The words of one of our languages."""
    return words_in(language, _WORDS)


COMMON: Final[Rows] = {
    "page": ("Sivu {page}/{pages}", "Sida {page}/{pages}", "Page {page} of {pages}"),
    "controller": ("Rekisterinpitäjä", "Personuppgiftsansvarig", "Controller"),
    "contact": ("Yhteystieto", "Kontakt", "Contact"),
    "dpo": ("Tietosuojavastaava", "Dataskyddsombud", "Data protection officer"),
    "recipient": ("Vastaanottaja", "Mottagare", "Recipient"),
    "purpose": ("Tarkoitus", "Ändamål", "Purpose"),
    "quote": ("”{text}”", "”{text}”", "“{text}”"),
    "recording": ("Tallenne", "Inspelning", "Recording"),
    "kind": ("Laji", "Slag", "Kind"),
    "kind.call": ("puhelu", "samtal", "call"),
    "kind.chat": ("chat", "chatt", "chat"),
    "kind.chatbot": ("chatbot-keskustelu", "chattbotsamtal", "chatbot talk"),
    "kind.sms_survey": ("tekstiviestikysely", "sms-enkät", "SMS survey"),
}
"""What other papers in a package say too."""

_WORDS: Final[Rows] = {
    **COMMON,
    "title": ("Tallenteiden luovutus", "Utlämnande av inspelningar", "Disclosure of recordings"),
    "lead": (
        "Yleisen tietosuoja-asetuksen 4 artiklan 2 ja 9 kohta: henkilötietojen luovuttaminen vastaanottajalle",
        "Allmänna dataskyddsförordningen, artikel 4.2 och 4.9: utlämnande av personuppgifter till en mottagare",
        "General Data Protection Regulation, Art. 4(2) and 4(9): disclosure of personal data to a recipient",
    ),
    "parties": ("Kuka luovuttaa ja kenelle", "Vem lämnar ut och till vem", "Who discloses, and to whom"),
    "sealed_to": ("Suljettu avaimelle", "Förseglat med nyckeln", "Sealed to the key"),
    "case": ("Vastaanottajan asianumero", "Mottagarens ärendenummer", "Recipient's case number"),
    "basis": ("Millä perusteella", "På vilken grund", "On which basis"),
    "law": ("Säädös", "Författning", "Law"),
    "clause": ("Tietosuojaseloste", "Dataskyddsbeskrivning", "Privacy notice"),
    "version": ("{section}, versio {version}", "{section}, version {version}", "{section}, version {version}"),
    "package": ("Paketti", "Paketet", "The package"),
    "disclosure": ("Luovutus", "Utlämnande", "Disclosure"),
    "id": ("Paketin numero", "Paketets nummer", "Package id"),
    "mark": ("Paketin tunniste", "Paketets märke", "Mark of the package"),
    "made_at": ("Koottu", "Sammanställt", "Made"),
    "scope": ("Hyväksytyn laajuuden tiiviste", "Hash för den godkända omfattningen", "Hash of the approved scope"),
    "given": ("Mitä luovutetaan", "Vad som lämnas ut", "What is disclosed"),
    "summary": (
        "Tallenteita: {recordings}. Kesto yhteensä: {minutes} minuuttia.",
        "Inspelningar: {recordings}. Längd sammanlagt: {minutes} minuter.",
        "Recordings: {recordings}. Length together: {minutes} minutes.",
    ),
    "began": ("Alkoi", "Började", "Began"),
    "length": ("Kesto", "Längd", "Length"),
    "extent": ("Laajuus", "Omfattning", "Extent"),
    "minutes": ("{minutes} min", "{minutes} min", "{minutes} min"),
    "whole": ("kokonaan", "i sin helhet", "whole"),
    "excerpts": ("osia: {excerpts}", "delar: {excerpts}", "parts: {excerpts}"),
    "no_content": ("ei sisältöä", "inget innehåll", "no content"),
    "all_fields": (
        "yhteystiedot, jotka tässä luovutetaan",
        "de kontaktuppgifter som lämnas ut här",
        "the contact record, as far as it is disclosed here",
    ),
    "no_fields": ("ei yhteystietoja", "inga kontaktuppgifter", "no contact record"),
    "some_fields": ("yhteystiedoista: {fields}", "av kontaktuppgifterna: {fields}", "of the contact record: {fields}"),
    "pseudonyms": (
        "Numerot ja tunnukset on korvattu salanimillä, nimet on poistettu ja ajat annetaan minuutin tarkkuudella. "
        "Avainta, jolla salanimet voisi purkaa, ei ole kenelläkään.",
        "Nummer och beteckningar har ersatts med pseudonymer, namn har tagits bort och tider anges med en minuts "
        "noggrannhet. Ingen har nyckeln till pseudonymerna.",
        "Pseudonyms stand in place of numbers and ids, names are left out, and times are told to the minute. "
        "Nobody has the key to the pseudonyms.",
    ),
    "left_out": ("Mitä ei luovuteta", "Vad som inte lämnas ut", "What is not disclosed"),
    "restricted": (
        "Käsittely rajoitettu (18 artikla)",
        "Behandlingen begränsad (artikel 18)",
        "Restricted (Art. 18)",
    ),
    "destroyed": ("Jo hävitetty", "Redan förstörda", "Destroyed already"),
    "excluded": ("Jätetty pois päätöksellä", "Utelämnade genom beslut", "Left out by decision"),
    "certificates": ("Hävittämistodistukset", "Intyg om förstöring", "Certificates of destruction"),
    "contents": ("Mitä paketissa on", "Vad paketet innehåller", "What the package holds"),
    "contents.readme": (
        "miten paketti avataan ja tarkistetaan tavallisilla työkaluilla",
        "hur paketet öppnas och kontrolleras med vanliga verktyg",
        "how to open and to check the package with standard tools",
    ),
    "contents.recordings": (
        "jokainen tallenne alkuperäisenä, toistettavana ja vCon-tiedostona (vain osa, jos laajuutta on rajattu)",
        "varje inspelning i original, i spelbar form och som vCon (endast en del där omfattningen är begränsad)",
        "each recording as it was stored, as it is played and as a vCon (only a part where the extent is narrowed)",
    ),
    "contents.custody": (
        "tallenteiden vaiheet tapahtumalokista, tiivisteineen",
        "inspelningarnas väg enligt händelseloggen, med hashar",
        "what happened to the recordings by the audit log, with its hashes",
    ),
    "contents.manifest": (
        "jokaisen tiedoston tiiviste ja rekisterinpitäjän allekirjoitus",
        "hash för varje fil och den personuppgiftsansvarigas underskrift",
        "the hash of every file, and the controller's signature",
    ),
    "contents.report": (
        "15 artiklan 1 kohdan tiedot: tarkoitukset, vastaanottajat, säilytysajat ja jokainen kuuntelu",
        "uppgifterna enligt artikel 15.1: ändamål, mottagare, lagringstider och varje lyssning",
        "what Art. 15(1) asks for: purposes, recipients, retention, and each listen",
    ),
    "owed": ("Mihin vastaanottaja sitoutuu", "Mottagarens skyldigheter", "What the recipient owes"),
    "owed.recipient": (
        "Näitä tietoja saa käyttää vain edellä mainittuun tarkoitukseen ja perusteeseen. Vastaanottaja vastaa niiden "
        "käsittelystä itse rekisterinpitäjänä, suojaa ne sivullisilta ja hävittää ne, kun niitä ei enää tarvita.",
        "Uppgifterna får användas endast för ändamålet och på den grund som anges ovan. Mottagaren ansvarar själv för "
        "behandlingen som personuppgiftsansvarig, skyddar uppgifterna från utomstående och förstör dem när de inte "
        "längre behövs.",
        "These data may be used only for the purpose and on the basis above. The recipient answers for their "
        "processing as a controller, protects them from others, and destroys them once they are not needed.",
    ),
    "owed.subject": (
        "Tämä on jäljennös tiedoista, joita Teistä käsitellään. Se on tarkoitettu Teille; siinä voi kuulua muitakin.",
        "Detta är en kopia av de uppgifter om Er som behandlas. Den är avsedd för Er; även andra kan höras i den.",
        "This is a copy of the data that are processed about you. It is meant for you; others may be heard in it.",
    ),
    "owed.duty": (
        "Palauttakaa tai hävittäkää kaikki jäljennökset viimeistään {day} ja vahvistakaa se rekisterinpitäjälle.",
        "Återlämna eller förstör alla kopior senast den {day} och bekräfta detta till den personuppgiftsansvariga.",
        "Return or destroy every copy by {day}, and confirm it to the controller.",
    ),
    "owed.secret": (
        "Luovutuksesta ei kerrota rekisteröidylle ennen {day}.",
        "Den registrerade underrättas inte om utlämnandet före den {day}.",
        "The data subject is not told of this disclosure before {day}.",
    ),
    "owed.mark": (
        "Paketti ja sen tiedostot on merkitty: vuotanut jäljennös voidaan jäljittää tähän luovutukseen.",
        "Paketet och dess filer är märkta: en kopia som läckt kan spåras till detta utlämnande.",
        "The package and its files are marked: a copy that leaked can be traced to this disclosure.",
    ),
    "owed.corrections": (
        "Jos tieto myöhemmin oikaistaan, poistetaan tai sen käsittelyä rajoitetaan, rekisterinpitäjä ilmoittaa siitä "
        "vastaanottajalle (19 artikla).",
        "Om en uppgift senare rättas, raderas eller begränsas underrättar den personuppgiftsansvariga mottagaren "
        "(artikel 19).",
        "Where data are rectified, erased or restricted later, the controller tells the recipient (Art. 19).",
    ),
    "disclosure.authority": ("Viranomaiselle", "Till en myndighet", "To an authority"),
    "disclosure.group": ("Konserniyhtiölle", "Till ett koncernbolag", "To a company of the group"),
    "disclosure.research": ("Tutkimukseen, määräajaksi", "Till forskning, för viss tid", "For research, temporarily"),
    "disclosure.subject_access": (
        "Rekisteröidylle (15 artikla)",
        "Till den registrerade (artikel 15)",
        "To the data subject (Art. 15)",
    ),
    "disclosure.agent_access": (
        "Puhelun asiakaspalvelijalle (15 artikla)",
        "Till samtalets kundrådgivare (artikel 15)",
        "To the agent of the call (Art. 15)",
    ),
    "disclosure.on_site_review": (
        "Valvottuun tutustumiseen",
        "För övervakad granskning",
        "For a supervised review",
    ),
    "disclosure.transcript_to_email": (
        "Keskustelu omaan sähköpostiin",
        "Konversationen till egen e-post",
        "Transcript to one's own e-mail",
    ),
    "disclosure.evidence": (
        "Rekisterinpitäjän omaksi todisteeksi riita-asiassa",
        "Som den personuppgiftsansvarigas egen bevisning i en tvist",
        "As the controller's own evidence in a dispute",
    ),
}
