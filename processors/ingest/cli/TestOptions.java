package ingest.cli;

import java.nio.file.Path;
import java.util.List;

/**
 * What {@code test} was asked for; neither routes nor files is all of them.
 *
 * @param routes ids
 * @param files of tests
 */
public record TestOptions(List<String> routes, List<Path> files, boolean json) {}
