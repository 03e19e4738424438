package ingest.embedded.clickhouse;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** The functions of the engine's library that are used, named as there. */
interface Chdb extends Library {

  /** A pointer to the connection; null when the folder cannot be opened. */
  @Nullable Pointer chdb_connect(int count, String[] arguments);

  void chdb_close_conn(Pointer connection);

  Pointer chdb_query_n(
      Pointer connection, Pointer sql, long length, byte[] format, long formatLength);

  @Nullable Pointer chdb_result_buffer(Pointer result);

  long chdb_result_length(Pointer result);

  @Nullable String chdb_result_error(Pointer result);

  long chdb_result_rows_read(Pointer result);

  long chdb_result_storage_rows_read(Pointer result);

  long chdb_result_storage_bytes_read(Pointer result);

  long chdb_result_rows_written(Pointer result);

  long chdb_result_bytes_written(Pointer result);

  void chdb_destroy_query_result(Pointer result);
}
