DROP TABLE ring_terms;
