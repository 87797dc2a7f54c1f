"""`xpert close`: a month from its orders to the money in the bank, as a workbook."""
