module sekisho.dev/record

go 1.26
