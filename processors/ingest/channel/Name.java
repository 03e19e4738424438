package ingest.channel;

/** A name of one platform. */
record Name(String platform, String slug) {}
