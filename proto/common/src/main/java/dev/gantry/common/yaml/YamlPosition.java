package dev.gantry.common.yaml;

/** A place in a file. @param line from 1 @param column from 1 */
public record YamlPosition(int line, int column) {
    @Override
    public String toString() {
        return line + ":" + column;
    }
}
