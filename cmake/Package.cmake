# `cpack` in the build folder: a Debian package of what is installed. dpkg-shlibdeps finds which
# libraries it depends on, so it is for the release of Debian (or Ubuntu) that it was built on.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The asyncbench authors <asyncbench@example.invalid>")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian_layout.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compares async I/O strategies on this machine")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"asyncbench runs the same I/O-bound work under threads, epoll, Boost.Asio,
Boost.Fiber, io_uring, libuv, libevent and libcurl, and says which one wins,
by how much, how sure that is, and why. Strategies of your own take part as
plugins: the package has the headers, the libraries and the conformance suite
for them.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# To build plugins; git, to build revisions.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "g++ (>= 4:12), cmake (>= 3.25), git")

include(CPack)
