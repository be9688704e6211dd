"""Statements of an invented account, as small as they can be and as long as they must be."""

FLEX = """<FlexQueryResponse queryName="premia" type="AF">
<FlexStatements count="1">
<FlexStatement accountId="U7700001" fromDate="20260105" toDate="20260130" period="LastMonth">
<Trades>
<Trade accountId="U7700001" currency="USD" assetCategory="OPT" symbol="XYZ   260116P00095000"
 underlyingSymbol="XYZ" multiplier="100" strike="95" expiry="20260116" putCall="P" tradeDate="20260106"
 dateTime="20260106;101502" quantity="-2" tradePrice="1.05" taxes="0" ibCommission="-1.312345"
 fifoPnlRealized="0" ibExecID="0000aaaa.01" notes="O" orderReference="wheel/XYZ/put/2026-01-06/1"
 levelOfDetail="EXECUTION" transactionType="ExchTrade"/>
<Trade currency="USD" assetCategory="OPT" symbol="XYZ   260116P00095000" underlyingSymbol="XYZ"
 multiplier="100" strike="95" expiry="20260116" putCall="P" tradeDate="20260106"
 dateTime="20260106;101502" quantity="-2" tradePrice="1.05" ibCommission="-1.312345"
 levelOfDetail="ORDER"/>
<Trade currency="USD" assetCategory="OPT" symbol="XYZ   260116P00095000" underlyingSymbol="XYZ"
 multiplier="100" strike="95" expiry="20260116" putCall="P" tradeDate="20260116"
 dateTime="20260116;162000" quantity="1" tradePrice="0" ibCommission="0" fifoPnlRealized="0"
 notes="A;C" levelOfDetail="EXECUTION" transactionType="BookTrade"/>
<Trade currency="USD" assetCategory="STK" symbol="XYZ" tradeDate="20260116" dateTime="20260116;162000"
 quantity="100" tradePrice="95" ibCommission="-0.02" taxes="-0.01" notes="A;O" levelOfDetail="EXECUTION"/>
<Trade currency="USD" assetCategory="FUT" symbol="ESH6" tradeDate="20260116" dateTime="20260116;162000"
 quantity="1" tradePrice="6000" ibCommission="-2" levelOfDetail="EXECUTION"/>
</Trades>
<OptionEAE>
<OptionEAE assetCategory="OPT" symbol="XYZ   260116P00095000" underlyingSymbol="XYZ" multiplier="100"
 strike="95" expiry="20260116" putCall="P" date="20260116" transactionType="Assignment" quantity="1"/>
<OptionEAE assetCategory="OPT" symbol="SPXW  260116P06000000" underlyingSymbol="SPX" multiplier="100"
 strike="6000" expiry="20260116" putCall="P" date="20260116" transactionType="Expiration" quantity="3"/>
<OptionEAE assetCategory="STK" symbol="XYZ" date="20260116" transactionType="Buy" quantity="100"/>
</OptionEAE>
<CashTransactions>
<CashTransaction currency="USD" type="Dividends" symbol="XYZ" amount="35.5" settleDate="20260122"
 dateTime="20260122;202000" description="XYZ(US0) CASH DIVIDEND USD 0.355 PER SHARE" levelOfDetail="DETAIL"/>
<CashTransaction currency="USD" type="Dividends" symbol="XYZ" amount="35.5" settleDate="20260122"
 levelOfDetail="SUMMARY"/>
<CashTransaction currency="USD" type="Withholding Tax" symbol="XYZ" amount="-5.33" settleDate="20260122"/>
<CashTransaction currency="USD" type="Broker Interest Received" amount="12.34" settleDate="20260106"/>
<CashTransaction currency="USD" type="Other Fees" amount="-4.5" settleDate="20260105"/>
<CashTransaction currency="USD" type="Deposits/Withdrawals" amount="5,000" settleDate="20260107"/>
<CashTransaction currency="EUR" type="Broker Interest Received" amount="1" settleDate="20260106"/>
</CashTransactions>
<CorporateActions>
<CorporateAction currency="USD" assetCategory="STK" symbol="XYZ" type="FS" quantity="100" proceeds="0"
 reportDate="20260126" dateTime="20260123;202500" actionDescription="XYZ(US0) SPLIT 2 FOR 1"/>
</CorporateActions>
<OpenPositions>
<OpenPosition currency="USD" assetCategory="STK" symbol="XYZ" position="200" costBasisMoney="9395"
 levelOfDetail="SUMMARY"/>
<OpenPosition currency="USD" assetCategory="STK" symbol="XYZ" position="200" costBasisMoney="9395"
 levelOfDetail="LOT"/>
</OpenPositions>
<CashReport>
<CashReportCurrency currency="BASE_SUMMARY" startingCash="100000" endingCash="95746.667655"
 commissions="-1.332345" deposits="5000"/>
<CashReportCurrency currency="USD" startingCash="1" endingCash="2"/>
</CashReport>
<FIFOPerformanceSummaryInBase>
<FIFOPerformanceSummaryUnderlying assetCategory="STK" symbol="XYZ" totalRealizedPnl="0"/>
<FIFOPerformanceSummaryUnderlying assetCategory="" symbol="" description="Total" totalRealizedPnl="0"/>
</FIFOPerformanceSummaryInBase>
</FlexStatement>
</FlexStatements>
</FlexQueryResponse>
"""

ACTIVITY = """Statement,Header,Field Name,Field Value
Statement,Data,BrokerName,An Invented Broker
Statement,Data,Period,"January 5, 2026 - January 30, 2026"
Account Information,Header,Field Name,Field Value
Account Information,Data,Account,U7700001
Account Information,Data,Base Currency,USD
Cash Report,Header,Currency Summary,Currency,Total,Securities,Futures
Cash Report,Data,Starting Cash,Base Currency Summary,100000,100000,0
Cash Report,Data,Commissions,Base Currency Summary,-1.33,-1.33,0
Cash Report,Data,Ending Cash,Base Currency Summary,"95,746.67",95746.67,0
Cash Report,Data,Ending Cash,USD,95746.67,95746.67,0
Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Cost Basis
Open Positions,Data,Summary,Stocks,USD,XYZ,"1,200",1,93950
Open Positions,Data,Lot,Stocks,USD,XYZ,100,1,9395
Open Positions,Total,,Stocks,USD,,,,93950
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,Comm/Fee,\
Realized P/L,Code
Trades,Data,Order,Equity and Index Options,USD,XYZ 16JAN26 95 P,"2026-01-06, 10:15:02",-2,1.05,\
-1.312345,0,O
Trades,Data,Trade,Equity and Index Options,USD,XYZ 16JAN26 95 P,"2026-01-06, 10:15:02",-2,1.05,-1.31,0,O
Trades,SubTotal,,Equity and Index Options,USD,XYZ 16JAN26 95 P,,-2,,-1.31,0,
Trades,Data,Order,Equity and Index Options,USD,SPXW 16JAN26 6000 P,"2026-01-16, 16:20:00",3,0,0,120.5,C;Ep
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,Comm/Fee,\
Realized P/L,Code
Trades,Data,Order,Stocks,USD,XYZ,"2026-01-16, 16:20:00",100,95,-0.03,0,A;O
Trades,Data,Order,Forex,USD,EUR.USD,"2026-01-16, 16:20:00",100,1.1,-2,0,
Dividends,Header,Currency,Date,Description,Amount
Dividends,Data,USD,2026-01-22,XYZ(US0) Cash Dividend USD 0.355 per Share (Ordinary Dividend),35.5
Dividends,Data,Total,,,35.5
Interest,Header,Currency,Date,Description,Amount
Interest,Data,USD,2026-01-06,USD Credit Interest for Dec-2025,12.34
Deposits & Withdrawals,Header,Currency,Settle Date,Description,Amount
Deposits & Withdrawals,Data,USD,2026-01-07,Electronic Fund Transfer,5000
Corporate Actions,Header,Asset Category,Currency,Report Date,Date/Time,Description,Quantity,Proceeds
Corporate Actions,Data,Stocks,USD,2026-01-26,"2026-01-23, 20:25:00","XYZ(US0) Split 2 for 1",100,0
Realized & Unrealized Performance Summary,Header,Asset Category,Symbol,Realized Total,Total
Realized & Unrealized Performance Summary,Data,Stocks,XYZ,0,0
Realized & Unrealized Performance Summary,Data,Total,,0,0
Financial Instrument Information,Header,Asset Category,Symbol,Underlying,Multiplier
Financial Instrument Information,Data,Equity and Index Options,SPXW 16JAN26 6000 P,SPX,100
"""
