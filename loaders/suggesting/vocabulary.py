"""What the names of columns and files mean, in several languages: words -> concepts.

Names are compared without accents and in lower case, words of Chinese by their sound, as anyascii writes them. A long
word of the list also counts inside a word of a name, as in Kundennr.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from anyascii import anyascii

INSIDE: Final = 5  # letters of a word that counts inside others

WHOLE: Final = frozenset(
    "calle count state order start value party score phone".split()
)  # which stand inside others by chance

COLUMNS: Final[Mapping[str, str]] = {
    "source": """source from sender payer caller debtor rater ordering auftraggeber absender zahler
        zahlungspflichtiger anrufer von émetteur expéditeur payeur ordonnateur appelant donneur ordenante
        remitente pagador origen llamante emisor 付款人 付款方 付款账号 主叫 发送方 转出""",
    "target": """target to receiver recipient payee callee called creditor beneficiary ratee counterparty
        empfänger empfaenger begünstigter beguenstigter zahlungsempfänger angerufener gegenkonto destinataire
        bénéficiaire appelé destinatario beneficiario destino receptor llamado 收款人 收款方 收款账号 被叫
        接收方 转入""",
    "person": """customer client user person party member borrower holder employee kunde kunden kundennr
        kundennummer nutzer mitglied kreditnehmer inhaber mitarbeiter client clientèle adhérent emprunteur
        titulaire salarié cliente usuario socio prestatario empleado 客户 用户 会员 借款人 持有人 员工""",
    "id": """id nr no number nummer numero numéro número key code kennung identifiant identificador 编号 号码 号""",
    "name": """name fullname surname lastname firstname nachname vorname bezeichnung nom prénom libellé nombre
        apellido apellidos 姓名 名称 名字""",
    "firm": """firm company organisation organization business firma unternehmen gesellschaft société entreprise
        empresa sociedad compañía 公司 企业""",
    "firm_id": """hrb hra registernummer handelsregister siren siret rcs cif nif vat ustid crn 统一社会信用代码
        注册号""",
    "phone": """phone telephone tel mobile cell msisdn telefon handy rufnummer mobil téléphone portable teléfono
        telefono móvil 电话 手机""",
    "account": """iban account konto kontonummer bankverbindung compte rib cuenta ccc 账号 账户 银行卡""",
    "device": """device imei imsi handset gerät geraet endgerät appareil dispositif dispositivo aparato 设备""",
    "address": """address street adresse anschrift straße strasse rue direccion dirección domicilio calle 地址
        住址""",
    "internet": """ip ipaddress""",
    "amount": """amount sum total value price balance betrag summe umsatz wert kreditbetrag montant somme
        importe monto suma cantidad 金额 总额 数额""",
    "share": """share percent percentage stake anteil quote beteiligung part pourcentage participación
        porcentaje 份额 持股 比例""",
    "weight": """weight rating score strength stars gewicht bewertung note poids puntuación peso 评分 权重""",
    "count": """count calls quantity anzahl nombre cantidad veces 次数""",
    "time": """date time timestamp datetime day start seen when created datum zeit tag zeitpunkt buchungstag
        valuta wertstellung heure horodatage jour fecha hora día 日期 时间""",
    "since": """since joined opened begin start_date valid_from seit beginn ab eintritt depuis début desde
        inicio 自 开始 加入""",
    "until": """until end expires closed valid_to end_date bis ende austritt jusqu fin hasta 至 结束 终止""",
    "duration": """duration length seconds dauer länge durée duración 时长""",
    "status": """status state outcome label default defaulted result fraud bad zustand ausfall betrug état
        statut défaut fraude estado impago morosidad 状态 违约 结果 欺诈""",
    "kind": """kind type role relation relationship art rolle beziehung typ rôle tipo rol relación 类型 角色
        关系 职务""",
    "currency": """currency ccy währung waehrung devise moneda divisa 币种 货币""",
    "contract": """contract loan order transaction invoice vertrag kreditnr auftrag bestellung rechnung contrat
        commande facture contrato pedido factura 合同 订单 交易号 流水号""",
}  # fmt: skip

KINDS: Final[Mapping[str, str]] = {
    "PAYS": """payment payments transfer transfers transaction transactions bank umsatz umsaetze umsätze zahlung
        überweisung ueberweisung kontoauszug paiement virement virements pago pagos transferencia 交易 转账 付款
        流水""",
    "CALLS": """call calls cdr phone caller callee anruf anrufe verbindungsnachweis appel appels appelant
        llamada llamadas 通话 主叫 话单""",
    "MESSAGES": """message messages sms chat mail email nachricht nachrichten mensaje mensajes 短信 消息""",
    "ORDERS_FROM": """order orders purchase bestellung bestellungen commande commandes pedido pedidos compra
        订单""",
    "LENDS_TO": """lend lends lender kreditgeber prêteur prestamista 出借""",
    "GUARANTEES": """guarantee guarantees guarantor bürgschaft buergschaft bürge garantie caution aval garantía
        担保""",
    "RATES": """rating ratings rate trust bewertung vertrauen évaluation confiance valoración confianza 评价
        信任""",
    "EMPLOYED_BY": """employment employer employee arbeitgeber beschäftigung employeur empleador 雇主 员工""",
    "SHAREHOLDER_OF": """shareholder shareholders owner owners ownership register gesellschafter aktionär anteil
        actionnaire associé accionista socio 股东 持股""",
    "FRIEND_OF": """friend friends friendship freund freunde ami amis amigo amigos 朋友 好友""",
    "FOLLOWS": """follow follows follower followers""",
    "LIVES_AT": """residence wohnsitz domicile domicilio 住址""",
}  # fmt: skip

ROLES: Final[Mapping[str, str]] = {
    "SHAREHOLDER_OF": """shareholder owner partner gesellschafter aktionär kommanditist inhaber actionnaire
        associé accionista socio 股东""",
    "DIRECTS": """director manager ceo board geschäftsführer geschaeftsfuehrer vorstand prokurist dirigeant
        gérant directeur director administrador gerente 董事 经理 法人""",
    "EMPLOYED_BY": """employee employed worker mitarbeiter angestellter salarié empleado 员工""",
    "GUARANTEES": """guarantor bürge buerge garant garante 担保人""",
}  # fmt: skip

OUTCOMES: Final[Mapping[str, str]] = {
    "good": """0 good ok current paid performing active aktiv laufend bezahlt no nein false payé à_jour
        al_corriente pagado 正常 已还 否""",
    "default": """1 default defaulted bad charged charged_off chargedoff written loss 90dpd ausfall ausgefallen
        abgeschrieben yes ja true défaut impayé impago fallido 违约 坏账 是""",
    "late": """late overdue delinquent 30dpd 60dpd verzug überfällig retard mora atrasado 逾期""",
    "cured": """cured recovered geheilt régularisé curado 已恢复""",
    "fraud": """fraud mule fraudster betrug fraude 欺诈""",
}  # fmt: skip

BAD_FILES: Final = "mule mules fraud fraudster blacklist betrug betrüger mulas fraude fraudeur 欺诈 黑名单"


def concepts(name: str, vocabulary: Mapping[str, str] = COLUMNS) -> frozenset[str]:
    """The concepts that a name has words of.

    >>> sorted(concepts("IBAN Empfänger")), sorted(concepts("customerId"))
    (['account', 'target'], ['id', 'person'])
    """
    words = _words(name)
    return frozenset(concept for concept, text in vocabulary.items() if _speaks_of(words, _listed(text)))


def names_bad_parties(name: str) -> bool:
    """Whether a file is named after parties that are known as bad."""
    return _speaks_of(_words(name), _listed(BAD_FILES))


def _speaks_of(words: tuple[str, ...], listed: frozenset[str]) -> bool:
    if listed.intersection((*words, "_".join(words))):
        return True
    return any(one in word for one in listed - WHOLE if len(one) >= INSIDE for word in words)


def _words(name: str) -> tuple[str, ...]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[a-z0-9]+", anyascii(spaced).lower()))


@cache
def _listed(text: str) -> frozenset[str]:
    return frozenset(re.sub(r"[^a-z0-9_]", "", anyascii(word).lower()) for word in text.split())
