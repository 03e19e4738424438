-- What was told of a sheet's rows last, deleted ones included; one row without a key where it had none.
SELECT CAST(s.sync AS text) AS sync, r.row_key, encode(r.hash, 'hex') AS hash, r.deleted
FROM dm.sheet s
LEFT JOIN dm.sheet_row r ON r.sheet = s.sheet
WHERE s.sheet = :#sheetName
